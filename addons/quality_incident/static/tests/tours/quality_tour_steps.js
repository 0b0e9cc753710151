import { inputFiles } from "@web/../tests/utils";

const { DateTime } = luxon;

/** One pixel, so that what is uploaded is a picture as from a phone. */
export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Milliseconds a step may take on a busy machine. */
export const PATIENCE = 40000;

/** Prefix of the elements of the open dialog. */
export const DIALOG = ".modal:not(.o_inactive_modal)";

function field(name, within = "") {
    return `${within} .o_field_widget[name='${name}']`.trim();
}

export function inDays(days) {
    return DateTime.now().plus({ days }).toFormat("MM/dd/yyyy");
}

/** Take the step behind a button of the form, or of the dialog. */
export function press(label, within = "") {
    return {
        content: `Press ${label}`,
        trigger: `${within} .o_form_statusbar button:contains('${label}')`,
        run: "click",
    };
}

export function write(name, value, within = "") {
    return {
        content: `Write ${name}`,
        trigger: `${field(name, within)} input, ${field(name, within)} textarea`,
        run: `edit ${value}`,
    };
}

export function writeDate(name, value, within = "") {
    return [
        write(name, value, within),
        { content: `Leave ${name}`, trigger: `${field(name, within)} input`, run: "press Tab" },
    ];
}

export function check(name, within = "") {
    return { content: `Tick ${name}`, trigger: `${field(name, within)} input[type='checkbox']`, run: "check" };
}

export function choose(name, label, within = "") {
    return {
        content: `Choose ${label}`,
        trigger: `${field(name, within)} .o_radio_item:contains('${label}') input`,
        run: "click",
    };
}

/** Pick the record called `label` on a wide screen. */
export function pick(name, label, within = "") {
    return [
        { content: `Look for ${label}`, trigger: `${field(name, within)} input`, run: `edit ${label}` },
        {
            content: `Pick ${label}`,
            // its own list: that of the field before may still be open
            trigger: `${field(name, within)} .o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option):contains('${label}')`,
            run: "click",
        },
    ];
}

/** Pick the record called `label` on a phone, where the list covers the screen. */
export function pickOnPhone(name, label) {
    return [
        { content: `Look for ${label}`, trigger: `${field(name)} input`, run: "click" },
        { content: `Pick ${label}`, trigger: `${DIALOG} .o_kanban_record:contains('${label}')`, run: "click" },
        closed(`${label} is picked`),
    ];
}

export function select(name, label, within = "") {
    return [
        { content: `Open ${name}`, trigger: `${field(name, within)} input`, run: "click" },
        { content: `Select ${label}`, trigger: `.o_select_menu_item:contains('${label}')`, run: "click" },
    ];
}

/** Attach a photo and wait until the server has it. */
export function attach(name, file, within = "") {
    return [
        {
            content: `Attach ${file}`,
            trigger: `${field(name, within)} .o_attach`,
            async run() {
                const bytes = Uint8Array.from(atob(PIXEL), (character) => character.charCodeAt(0));
                const photo = new File([bytes], file, { type: "image/png" });
                await inputFiles(`${field(name, within)} .o_input_file`, [photo]);
            },
        },
        { content: `${file} is there`, trigger: `${field(name, within)} .o_attachment:contains('${file}')` },
    ];
}

export function page(label) {
    return { content: `Page ${label}`, trigger: `.o_notebook .nav-link:contains('${label}')`, run: "click" };
}

export function add(label) {
    return {
        content: label,
        trigger: `.o_field_x2many_list_row_add a:contains('${label}'), .o-kanban-button-new:contains('${label}')`,
        run: "click",
    };
}

/** Open a line, on a wide screen a row and on a phone a card. */
export function open(name, label) {
    return {
        content: `Open ${label}`,
        trigger: `${field(name)} .o_data_cell:contains('${label}'), ${field(name)} .o_kanban_record:contains('${label}')`,
        run: "click",
    };
}

export function line(name, label, state) {
    const [row, card] = [".o_data_row", ".o_kanban_record"].map(
        (kind) => `${field(name)} ${kind}:contains('${label}'):contains('${state}')`,
    );
    return { content: `${label} is ${state}`, trigger: `${row}, ${card}` };
}

export function closed(step) {
    return { content: `The dialog is closed: ${step}`, trigger: "body:not(:has(.modal))" };
}

/** Save the form, or the line in the dialog. */
export function save(within = "") {
    return [
        { content: "Save", trigger: `${within} .o_form_button_save:enabled`, run: "click" },
        within ? closed("saved") : { content: "Saved", trigger: ".o_form_saved" },
    ];
}

/** The step is taken: the document itself says so. */
export function reached(state) {
    return { content: `The incident is ${state}`, trigger: `.o_arrow_button_current:contains('${state}')` };
}

export function missing(text) {
    return {
        content: `Said before: ${text}`,
        trigger: `.alert:contains('Missing for the next step'):contains('${text}')`,
    };
}

export function nothingMissing() {
    return {
        content: "Nothing is missing for the next step",
        trigger: ".o_form_view:not(:has(.alert:contains('Missing for the next step')))",
    };
}

/** A step that is refused says what is missing and leaves everything where it was. */
export function refused(text) {
    return [
        { content: `Refused: ${text}`, trigger: `.o_error_dialog:contains('${text}')` },
        { content: "Read it", trigger: ".o_error_dialog button:contains('Close')", run: "click" },
        { content: "The message is gone", trigger: "body:not(:has(.o_error_dialog))" },
    ];
}

export function confirm() {
    return { content: "Confirm", trigger: ".modal-footer button:contains('Ok')", run: "click" };
}
