import { onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { ProgressBarField, progressBarField } from "@web/views/fields/progress_bar/progress_bar_field";

const OPEN_STATES = ["queued", "running"];
const INTERVAL = 3000;

/** The progress of a dossier that is being made: reads itself again until it is done. */
export class DossierProgress extends ProgressBarField {
    setup() {
        super.setup();
        const timer = setInterval(() => this.refresh(), INTERVAL);
        onWillUnmount(() => clearInterval(timer));
    }

    async refresh() {
        const { record } = this.props;
        if (OPEN_STATES.includes(record.data.state) && !document.hidden) {
            await record.load();
        }
    }
}

registry.category("fields").add("quality_dossier_progress", { ...progressBarField, component: DossierProgress });
