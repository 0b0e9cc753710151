import { Component, onWillDestroy, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { session } from "@web/session";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { AnswerQueue } from "./answer_queue";
import { preparePhoto } from "../photo/photo";

const MODEL = "quality.inspection";

/** The checklist on the spot: large buttons, the camera, and nothing typed is ever lost (B3). */
export class InspectionFill extends Component {
    static template = "quality_incident.InspectionFill";
    static props = { ...standardActionServiceProps };
    static path = "quality-inspection-fill";

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.id = this.props.action.params?.inspection_id || this.props.resId || this.props.state?.inspectionId;
        this.results = [
            { key: "pass", label: _t("Pass"), icon: "fa-check" },
            { key: "deficient", label: _t("Deficient"), icon: "fa-times" },
            { key: "na", label: _t("N/A"), icon: "fa-minus" },
        ];
        this.state = useState({
            sheet: null,
            local: {},
            waiting: 0,
            offline: false,
            refused: {},
            added: "",
            busy: false,
        });
        this.queue = new AnswerQueue(
            `quality-inspection-${session.db}-${user.userId}`,
            this.id,
            (answers, conclusion) =>
                this.orm.silent.call(MODEL, "save_answers", [[this.id], answers], { conclusion: conclusion || null }),
            (result) => this.update(result),
        );
        onWillStart(() => this.start());
        onWillDestroy(() => this.queue.destroy());
    }

    async start() {
        this.props.updateActionState?.({ inspectionId: this.id });
        const [sheet] = await Promise.all([this.orm.call(MODEL, "get_sheet", [[this.id]]), this.queue.restore()]);
        this.state.sheet = sheet;
        this.update();
        if (this.queue.waiting) {
            this.flush();
        }
    }

    /** Show what is kept here over what the server knows. */
    update(result) {
        if (result) {
            this.state.sheet = result.sheet;
        }
        const { answers, conclusion, waiting, offline, refused } = this.queue;
        Object.assign(this.state, { local: { ...answers }, conclusion, waiting, offline, refused: { ...refused } });
    }

    async flush() {
        return this.guard(() => this.queue.flush());
    }

    /** Run a request; what the server refuses is said here, and what was typed stays. */
    async guard(request) {
        try {
            return await request();
        } catch (error) {
            if (!error.data?.message) {
                throw error;
            }
            this.notification.add(error.data.message, { type: "danger", sticky: true });
        }
    }

    // ------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------

    get sections() {
        const sections = [];
        for (const line of this.state.sheet.lines) {
            if (sections.at(-1)?.name !== line.section) {
                sections.push({ name: line.section, lines: [] });
            }
            sections.at(-1).lines.push(line);
        }
        return sections;
    }

    value(line, name) {
        const local = this.state.local[line.id];
        return local && name in local ? local[name] : line[name];
    }

    photos(line) {
        const { photos = [], removed_photos = [] } = this.state.local[line.id] || {};
        const known = line.photos.map((photo) => photo.uuid);
        return [
            ...line.photos
                .filter((photo) => !removed_photos.includes(photo.uuid))
                .map((photo) => ({ ...photo, url: `/web/image/${photo.id}/160x160` })),
            ...photos
                .filter((photo) => !known.includes(photo.uuid))
                .map((photo) => ({ ...photo, url: `data:image/jpeg;base64,${photo.data}` })),
        ];
    }

    get answered() {
        return this.state.sheet.lines.filter((line) => this.value(line, "result")).length;
    }

    get progress() {
        return _t("%(answered)s of %(total)s answered", {
            answered: this.answered,
            total: this.state.sheet.lines.length,
        });
    }

    get conclusion() {
        return this.state.conclusion || this.state.sheet.conclusion;
    }

    get saveState() {
        if (!this.state.waiting) {
            return _t("All saved");
        }
        return this.state.offline
            ? _t("No network: %s kept on this phone", this.state.waiting)
            : _t("Sending %s …", this.state.waiting);
    }

    // ------------------------------------------------------------------
    // What is entered
    // ------------------------------------------------------------------

    choose(line, result) {
        return this.guard(() => this.queue.answer(line.id, { result }));
    }

    write(line, ev) {
        return this.guard(() => this.queue.answer(line.id, { note: ev.target.value }));
    }

    type(line, ev) {
        this.queue.type(line.id, { note: ev.target.value });
    }

    async addPhotos(line, ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        const photos = await Promise.all(files.map(preparePhoto));
        return this.guard(() => this.queue.answer(line.id, { photos }));
    }

    removePhoto(line, photo) {
        return this.guard(() => this.queue.answer(line.id, { removed_photos: [photo.uuid] }));
    }

    conclude(conclusion) {
        return this.guard(() => this.queue.conclude(conclusion));
    }

    async addPoint() {
        const name = this.state.added.trim();
        if (!name) {
            return;
        }
        // The same mark when it is pressed again after a lost connection.
        this.addedUuid ||= crypto.getRandomValues(new Uint32Array(4)).join("-");
        await this.guard(async () => {
            this.state.sheet = await this.orm.call(MODEL, "add_line", [[this.id], name, this.addedUuid]);
            this.state.added = "";
            this.addedUuid = null;
        });
    }

    async raise(line) {
        await this.step(async () => {
            const action = await this.orm.call("quality.inspection.line", "action_raise_rectification", [[line.id]]);
            return this.action.doAction(action);
        });
    }

    openNotice(line) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "quality.rectification",
            res_id: line.notice.id,
            views: [[false, "form"]],
        });
    }

    async complete() {
        await this.step(async () => {
            await this.orm.call(MODEL, "action_complete", [[this.id]]);
            this.state.sheet = await this.orm.call(MODEL, "get_sheet", [[this.id]]);
            this.notification.add(_t("The inspection is complete."), { type: "success" });
        });
    }

    /** Take a step that needs everything sent before. */
    async step(request) {
        await this.flush();
        if (this.state.waiting) {
            this.notification.add(_t("First everything must be sent: find a place with network."), { type: "warning" });
            return;
        }
        this.state.busy = true;
        await this.guard(request);
        this.state.busy = false;
    }

    openForm() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: MODEL,
            res_id: this.id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("quality_inspection_fill", InspectionFill);
