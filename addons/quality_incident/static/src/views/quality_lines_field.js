import { makeContext } from "@web/core/context";
import { registry } from "@web/core/registry";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";

/**
 * Lines that take steps of their own (verify, choose, decide, send).
 *
 * A line opens as a record of its own instead of as a part of the unsaved document: its steps are at hand at once,
 * a step that is refused leaves the dialog open, one that is taken closes it, and the document, whose own state and
 * missing items may have changed with it, is read again.
 */
export class QualityLinesField extends X2ManyField {
    setup() {
        super.setup();
        this.opening = false;
    }

    openRecord(record) {
        return record.isNew || this.props.readonly ? super.openRecord(record) : this.openLine(record.resId);
    }

    onAdd({ context, editable } = {}) {
        return editable ? super.onAdd({ context, editable }) : this.openLine(false, context);
    }

    /**
     * @param {number|false} resId the line, or false for a new one
     * @param {Object} [context]
     */
    async openLine(resId, context = {}) {
        const document = this.props.record;
        if (this.opening || !(await document.save())) {
            return;
        }
        this.opening = true;
        try {
            await this.action.doAction(
                {
                    type: "ir.actions.act_window",
                    name: this.props.string || this.field.string,
                    res_model: this.list.resModel,
                    res_id: resId,
                    views: [[false, "form"]],
                    target: this.props.crudOptions.target || "new",
                    context: makeContext([
                        this.props.context,
                        context,
                        { [`default_${this.field.relation_field}`]: document.resId },
                    ]),
                },
                {
                    props: { preventCreate: true },
                    onClose: () => document.model.load(),
                },
            );
        } finally {
            this.opening = false;
        }
    }
}

export const qualityLinesField = {
    ...x2ManyField,
    component: QualityLinesField,
    supportedTypes: ["one2many"],
    supportedOptions: [{ label: "Open lines in", name: "target", type: "string" }],
};

registry.category("fields").add("quality_lines", qualityLinesField);
