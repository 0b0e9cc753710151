import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";
import { closed, DIALOG, open, page, PATIENCE, PIXEL, press, write } from "./quality_tour_steps";

const photo = () =>
    new File([Uint8Array.from(atob(PIXEL), (sign) => sign.charCodeAt(0))], "photo.png", { type: "image/png" });
const session = (name, ...steps) =>
    registry.category("web_tour.tours").add(`quality_week_${name}`, { timeout: PATIENCE, steps: () => steps.flat(3) });
const LINE = (name) => `.o_quality_fill_line:contains('${name}')`;
const answer = (name, result) => ({
    content: `${name}: ${result}`,
    trigger: `${LINE(name)} button[data-result='${result}']`,
    run: "click",
});
const reached = (state) => ({
    content: `It is ${state}`,
    trigger: `.o_arrow_button_current:contains('${state}'), .o_statusbar_status button:contains('${state}')`,
});
const submit = (what, trigger) => ({ content: what, trigger, run: "click", expectUnloadPage: true });

session(
    "inspect",
    press("Fill in"),
    answer("Cover", "deficient"),
    { content: "A note", trigger: `${LINE("Cover")} textarea`, run: "edit Only 12 mm" },
    { content: "Leave it", trigger: `${LINE("Cover")} textarea`, run: "press Tab" },
    {
        content: "A photo",
        trigger: `${LINE("Cover")} .o_quality_camera`,
        run: () => inputFiles(".o_quality_fill_line input[type='file']", [photo()]),
    },
    { content: "It shows", trigger: `${LINE("Cover")} .o_quality_photo img` },
    answer("Spacing", "pass"),
    answer("Guard rails", "pass"),
    { content: "All is saved", trigger: ".o_quality_fill_state[data-waiting='0']" },
    { content: "Complete", trigger: ".o_quality_fill_complete", run: "click" },
    { content: "Done", trigger: ".o_quality_fill footer:contains('Done')" },
    { content: "One tap", trigger: `${LINE("Cover")} .o_quality_raise`, run: "click" },
    { content: "The notice", trigger: ".o_form_view .o_field_widget[name='subject']" },
    press("Issue"),
    reached("Issued"),
);

session(
    "plan",
    submit("Acknowledge", "form[action$='/acknowledge'] button"),
    {
        content: "Plan",
        trigger: "#plan",
        run() {
            const values = { plan: "Chip off, rebuild", responsible: "Foreman Wu" };
            const due = luxon.DateTime.now().plus({ days: 3 }).toISODate();
            for (const field of this.anchor.querySelectorAll("textarea, input")) {
                const value = { ...values, due }[field.name.split("_")[0]];
                if (value) {
                    field.value = value;
                }
            }
        },
    },
    submit("Submit the plan", "#plan button[name='submit']"),
    { content: "It is being reviewed", trigger: ".alert-info:contains('being reviewed')" },
);

session(
    "approve",
    press("Approve"),
    { content: "Approve", trigger: `${DIALOG} .modal-footer button:contains('Approve')`, run: "click" },
    closed("approved"),
    reached("Approved"),
);

session(
    "work",
    {
        content: "What was done, and a photo",
        trigger: "form[action$='/work']",
        async run() {
            this.anchor.querySelector("textarea[name='done_note']").value = "Rebuilt";
            await inputFiles("form[action$='/work'] input[type='file']", [photo()]);
        },
    },
    submit("Report as done", "form[action$='/work'] button[name='finish']"),
    submit("Ask for the re-check", "form[action$='/recheck'] button"),
    { content: "It is being re-checked", trigger: ".alert-info:contains('re-checking')" },
);

session(
    "fail",
    open("line_ids", "Cover"),
    press("Fail", DIALOG),
    write("reason", "Still only 15 mm", ".modal:not(.o_inactive_modal)"),
    { content: "Confirm", trigger: `${DIALOG} .modal-footer button.btn-primary`, run: "click" },
    closed("failed"),
    press("Finish the re-check"),
    reached("Executing"),
    page("Re-checks"),
    { content: "It is on record", trigger: "[name='recheck_ids'] .o_data_row:contains('Still only 15 mm')" },
);

session(
    "pass",
    open("line_ids", "Cover"),
    press("Pass", DIALOG),
    closed("passed"),
    press("Finish the re-check"),
    reached("Closed"),
);

session(
    "bulletin",
    page("Findings"),
    { content: "The finding is there", trigger: "[name='finding_ids'] .o_data_row:contains('Only 12 mm')" },
    press("Publish"),
    reached("Published"),
    { content: "As PDF and Excel", trigger: "[name='evidence_ids'] .o_attachment:contains('.xlsx')" },
);

session("cockpit", {
    content: "The indicator stands against its target",
    trigger: "[data-panel='indicators'] tr:contains('Passed at the first')",
});

session(
    "effect",
    press("Record effectiveness"),
    {
        content: "Effective",
        trigger: `${DIALOG} .o_field_widget[name='result'] .o_radio_item:contains('Effective') input`,
        run: "click",
    },
    write("note", "Measured at ten beams", DIALOG),
    { content: "Record", trigger: `${DIALOG} .modal-footer button:contains('Record')`, run: "click" },
    closed("recorded"),
);
