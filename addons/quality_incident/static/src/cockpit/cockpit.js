import { Component, onWillStart, useState } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat, formatInteger, formatMonetary } from "@web/views/fields/formatters";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { CockpitChart } from "./cockpit_chart";

const { DateTime } = luxon;
const URGENCY = { red: "text-danger fw-bold", amber: "text-warning-emphasis fw-bold", grey: "text-muted" };
const VERDICTS = { met: "fa-check", not_met: "fa-times", not_proven: "fa-question" };

/** The managers' cockpit: panels as the server describes them, each figure a door to its records. */
export class QualityCockpit extends Component {
    static template = "quality_incident.Cockpit";
    static components = { CockpitChart, Layout, RecordSelector };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({
            months: 12,
            projectId: false,
            departmentId: false,
            historic: false,
            panels: [],
            periods: [],
            ...this.props.state?.filters,
        });
        this.openFigure = (figure) => this.open(figure);
        this.formatCount = (value) => formatInteger(value);
        this.setProject = (id) => this.filter({ projectId: id });
        this.setDepartment = (id) => this.filter({ departmentId: id });
        onWillStart(() => this.load());
    }

    async load() {
        const { months, projectId, departmentId, historic } = this.state;
        const asked = JSON.stringify([months, projectId, departmentId, historic]);
        this.asked = asked;
        const { panels, periods } = await this.orm.call("quality.cockpit", "get_figures", [], {
            months,
            project_id: projectId,
            department_id: departmentId,
            historic,
        });
        // A slow answer to an earlier question must not replace the one to the last.
        if (this.asked === asked) {
            Object.assign(this.state, { panels, periods });
        }
    }

    filter(values) {
        Object.assign(this.state, values);
        return this.load();
    }

    periodLabel(months) {
        return {
            1: _t("This month"),
            3: _t("3 months"),
            12: _t("12 months"),
            36: _t("3 years"),
        }[months];
    }

    // ------------------------------------------------------------------
    // Doors
    // ------------------------------------------------------------------

    open(figure) {
        return figure.action && this.action.doAction(figure.action);
    }

    async openDeadline(figure) {
        return this.action.doAction(await this.orm.call("quality.deadline", "action_open_record", [[figure.id]]));
    }

    // ------------------------------------------------------------------
    // How figures are written
    // ------------------------------------------------------------------

    formatMoney(panel) {
        return (value) => formatMonetary(value, { currencyId: panel.currency_id, digits: [16, 0] });
    }

    formatDue(figure) {
        return deserializeDateTime(figure.value).toLocaleString(DateTime.DATETIME_SHORT);
    }

    formatIndicator(figure, value) {
        if (value === false || value === null) {
            return "–";
        }
        if (figure.unit === "percent") {
            return `${formatFloat(value, { digits: [16, 1], trailingZeros: false })} %`;
        }
        if (["amount", "amount_mean"].includes(figure.unit)) {
            return formatMonetary(value, { currencyId: figure.currency_id, digits: [16, 0] });
        }
        const number = formatFloat(value, { digits: [16, 1], trailingZeros: false });
        return figure.unit === "days" ? _t("%s days", number) : number;
    }

    /** Verdicts have shapes, not colours: colours mean deadlines only. */
    verdictIcon(figure) {
        return VERDICTS[figure.verdict] || "fa-minus";
    }

    urgency(figure) {
        return URGENCY[figure.color] || "text-muted";
    }

    share(panel, figure) {
        const largest = Math.max(1, ...panel.figures.map((other) => other.value));
        return `width: ${(100 * figure.value) / largest}%`;
    }
}

registry.category("actions").add("quality_cockpit", QualityCockpit);
