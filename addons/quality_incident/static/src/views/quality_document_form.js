import { registry } from "@web/core/registry";
import { FormCompiler } from "@web/views/form/form_compiler";
import { formView } from "@web/views/form/form_view";
import { toStringExpression } from "@web/views/utils";

/**
 * Opens a document on the page its present state needs: `<page data-states="plan,executing">`.
 *
 * A page the user chose stays; a step that is taken turns to the page of the next one.
 */
export class QualityDocumentFormCompiler extends FormCompiler {
    compileNotebook(element, params) {
        const notebook = super.compileNotebook(element, params);
        const states = {};
        for (const page of element.children) {
            for (const state of (page.getAttribute("data-states") || "").split(",").filter(Boolean)) {
                const name = toStringExpression(page.getAttribute("name") || "");
                const slot = [...notebook.children].find((child) => child.getAttribute("name") === name);
                if (slot) {
                    states[state] = slot.getAttribute("t-set-slot");
                }
            }
        }
        const chosen = notebook.getAttribute("defaultPage");
        notebook.setAttribute(
            "defaultPage",
            `(${chosen}) || (${JSON.stringify(states)})[__comp__.props.record.data.state]`,
        );
        return notebook;
    }
}

registry.category("views").add("quality_document_form", { ...formView, Compiler: QualityDocumentFormCompiler });
