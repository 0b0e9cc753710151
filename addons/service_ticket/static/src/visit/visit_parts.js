import { useState } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { VisitFill } from "./visit_fill";

/** The parts on the phone: what is in the van, what was fitted; kept like everything typed until the server has it. */
patch(VisitFill.prototype, {
    setup() {
        super.setup();
        this.partInputs = useState({});
    },

    get waitingParts() {
        return this.state.local.parts || [];
    },

    /** Parts still in the van: what waits to be sent as used is taken off. */
    get partsAtHand() {
        return this.state.sheet.parts
            .filter((part) => part.state === "open")
            .map((part) => ({ ...part, left: part.quantity - this.takenFrom(part) }))
            .filter((part) => part.left > 0);
    },

    get partsUsed() {
        const { parts_undone = [] } = this.state.local;
        const names = Object.fromEntries(this.state.sheet.parts.map((part) => [part.id, part]));
        return [
            ...this.state.sheet.parts.filter((part) => part.state === "used" && !parts_undone.includes(part.id)),
            ...this.waitingParts
                .filter((row) => names[row.line_id])
                .map((row) => ({ ...names[row.line_id], ...row, id: row.key, waiting: true })),
        ];
    },

    takenFrom(part) {
        return this.waitingParts.filter((row) => row.line_id === part.id).reduce((sum, row) => sum + row.quantity, 0);
    },

    partInput(part) {
        this.partInputs[part.id] ??= { quantity: 1, serial: "" };
        return this.partInputs[part.id];
    },

    usePart(part) {
        const { quantity, serial } = this.partInput(part);
        const row = {
            line_id: part.id,
            quantity: part.tracked ? 1 : Math.min(Number(quantity) || 1, part.left),
            old_serial: serial.trim(),
            key: [...crypto.getRandomValues(new Uint32Array(4))].join("-"),
        };
        delete this.partInputs[part.id];
        return this.guard(() => this.queue.answer(this.id, { parts: [...this.waitingParts, row] }));
    },

    undoPart(part) {
        const { parts_undone = [] } = this.state.local;
        return this.guard(() => this.queue.answer(this.id, { parts_undone: [...parts_undone, part.id] }));
    },
});
