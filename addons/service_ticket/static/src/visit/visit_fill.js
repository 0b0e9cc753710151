import { Component, onWillDestroy, onWillStart, useState } from "@odoo/owl";
import { AnswerQueue } from "@quality_incident/inspection/answer_queue";
import { preparePhoto } from "@quality_incident/photo/photo";
import { browser } from "@web/core/browser/browser";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

const MODEL = "service.visit";
/** Milliseconds the phone may look for its place; without one the arrival counts all the same. */
const PLACE_TIMEOUT = 5000;

/** Return where the phone says it is, as text; nothing when it does not say. */
function whereAmI() {
    return new Promise((resolve) => {
        const { geolocation } = browser.navigator;
        if (!geolocation) {
            resolve(null);
            return;
        }
        geolocation.getCurrentPosition(
            ({ coords }) => resolve(`${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`),
            () => resolve(null),
            { timeout: PLACE_TIMEOUT },
        );
    });
}

/** A visit on the phone: leave, arrive, write the report, photograph, have it signed; nothing typed is ever lost. */
export class VisitFill extends Component {
    static template = "service_ticket.VisitFill";
    static props = { ...standardActionServiceProps };
    static path = "service-visit-fill";

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.id = this.props.action.params?.visit_id || this.props.resId || this.props.state?.visitId;
        this.state = useState({ sheet: null, local: {}, waiting: 0, offline: false, refused: "", busy: false });
        this.queue = new AnswerQueue(
            `service-visit-${session.db}-${user.userId}`,
            this.id,
            (answers) => this.orm.silent.call(MODEL, "save_sheet", [[this.id], answers]),
            (result) => this.update(result),
        );
        onWillStart(() => this.start());
        onWillDestroy(() => this.queue.destroy());
    }

    async start() {
        this.props.updateActionState?.({ visitId: this.id });
        const [sheet] = await Promise.all([this.load(), this.queue.restore()]);
        this.state.sheet = sheet;
        this.update();
        if (this.queue.waiting) {
            this.guard(() => this.queue.flush());
        }
    }

    load() {
        return this.orm.call(MODEL, "get_sheet", [[this.id]]);
    }

    /** Show what is kept here over what the server knows. */
    update(result) {
        if (result) {
            this.state.sheet = result.sheet;
        }
        const { answers, waiting, offline, refused } = this.queue;
        const local = { ...(answers[this.id] || {}) };
        Object.assign(this.state, { local, waiting, offline, refused: refused[this.id] || "" });
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

    get saveState() {
        if (!this.state.waiting) {
            return _t("All saved");
        }
        return this.state.offline ? _t("No network: kept on this phone") : _t("Sending …");
    }

    get planned() {
        const { planned_start } = this.state.sheet;
        return planned_start ? formatDateTime(deserializeDateTime(planned_start)) : "";
    }

    text(item) {
        return item.name in this.state.local ? this.state.local[item.name] || "" : item.value;
    }

    get result() {
        return "result" in this.state.local ? this.state.local.result : this.state.sheet.result;
    }

    isDone(check) {
        const { checks = {} } = this.state.local;
        return check.id in checks ? checks[check.id] : check.done;
    }

    get photos() {
        const { photos = [], removed_photos = [] } = this.state.local;
        const known = this.state.sheet.photos.map((photo) => photo.uuid);
        return [
            ...this.state.sheet.photos
                .filter((photo) => !removed_photos.includes(photo.uuid))
                .map((photo) => ({ ...photo, url: `/web/image/${photo.id}/160x160` })),
            ...photos
                .filter((photo) => !known.includes(photo.uuid))
                .map((photo) => ({ ...photo, url: `data:image/jpeg;base64,${photo.data}` })),
        ];
    }

    /** The next step of the visit, or nothing. */
    get next() {
        const { state, signature, handed_in } = this.state.sheet;
        const signed = ["valid", "refused"].includes(signature);
        return {
            planned: { step: "depart", label: _t("I leave now"), icon: "fa-truck" },
            departed: { step: "arrive", label: _t("I have arrived"), icon: "fa-map-marker" },
            on_site: { step: "finish", label: _t("The work is finished"), icon: "fa-check" },
            done: signed && !handed_in && { step: "hand_in", label: _t("Hand in the report"), icon: "fa-paper-plane" },
        }[state];
    }

    get canSign() {
        const { state, signature } = this.state.sheet;
        return state === "done" && !["valid", "refused"].includes(signature);
    }

    // ------------------------------------------------------------------
    // What is entered
    // ------------------------------------------------------------------

    write(item, ev) {
        return this.guard(() => this.queue.answer(this.id, { [item.name]: ev.target.value }));
    }

    type(item, ev) {
        this.queue.type(this.id, { [item.name]: ev.target.value });
    }

    choose(result) {
        return this.guard(() => this.queue.answer(this.id, { result }));
    }

    tick(check) {
        const checks = { ...(this.state.local.checks || {}), [check.id]: !this.isDone(check) };
        return this.guard(() => this.queue.answer(this.id, { checks }));
    }

    async addPhotos(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        const photos = await Promise.all(files.map(preparePhoto));
        return this.guard(() => this.queue.answer(this.id, { photos }));
    }

    removePhoto(photo) {
        return this.guard(() => this.queue.answer(this.id, { removed_photos: [photo.uuid] }));
    }

    // ------------------------------------------------------------------
    // Steps
    // ------------------------------------------------------------------

    /** Take a step; everything typed is sent before. Pressed again after a lost connection, it is the same step. */
    async take(step) {
        await this.guard(() => this.queue.flush());
        if (this.state.waiting) {
            this.notification.add(_t("First everything must be sent: find a place with network."), { type: "warning" });
            return;
        }
        this.state.busy = true;
        const place = step === "arrive" ? await whereAmI() : null;
        if (this.pending?.step !== step) {
            this.pending = { step, key: [...crypto.getRandomValues(new Uint32Array(4))].join("-") };
        }
        await this.guard(async () => {
            this.state.sheet = await this.orm.call(MODEL, "take_step", [[this.id], step, this.pending.key], { place });
            this.pending = null;
        }).finally(() => (this.state.busy = false));
    }

    /** Open a dialog of the server, and show afterwards what it changed. */
    async dialog(method) {
        await this.guard(() => this.queue.flush());
        await this.guard(async () => {
            const action = await this.orm.call(MODEL, method, [[this.id]]);
            const onClose = async () => {
                this.state.sheet = await this.load();
            };
            return this.action.doAction(action, { onClose });
        });
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

registry.category("actions").add("service_visit_fill", VisitFill);
