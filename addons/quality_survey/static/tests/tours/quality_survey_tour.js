import { page, PATIENCE, write } from "@quality_incident/../tests/tours/quality_tour_steps";
import { registry } from "@web/core/registry";

const session = (name, ...steps) =>
    registry.category("web_tour.tours").add(`survey_${name}`, { timeout: PATIENCE, steps: () => steps.flat(4) });
const FITS = {
    content: "The page is no wider than the screen",
    trigger: "body",
    run() {
        const { scrollWidth, clientWidth } = document.documentElement;
        if (scrollWidth > clientWidth) {
            throw new Error(`${scrollWidth} > ${clientWidth}`);
        }
    },
};
/** Press a button of the form; on a phone all but the first are in a menu. */
const act = (label) => [
    {
        content: `Find ${label}`,
        trigger: ".o_form_statusbar",
        run() {
            const shown = [...this.anchor.querySelectorAll(".o_statusbar_buttons button")].some((button) =>
                button.textContent.includes(label),
            );
            if (!shown) {
                this.anchor.querySelector(".oi-ellipsis-v")?.closest("button").click();
            }
        },
    },
    {
        content: `Press ${label}`,
        trigger: `.o_statusbar_buttons button:contains('${label}'), .o-dropdown--menu button:contains('${label}')`,
        run: "click",
    },
];
const question = (title) => `.js_question-wrapper:contains('${title}')`;
const grade = (title, value) => ({
    content: `${title} ${value}`,
    trigger: `${question(title)} .o_survey_form_choice label:has(input[value='${value}'])`,
    run: "click",
});

// The customer, with nothing but the link of the mail.
session(
    "answer",
    FITS,
    { content: "Start", trigger: "button[value='start']:enabled", run: "click" },
    { content: "The questions", trigger: question("All in all") },
    FITS,
    grade("All in all", 1),
    grade("conduct of our staff", 1),
    grade("recommend us to others", 0),
    { content: "Words", trigger: `${question("What should we do better")} textarea`, run: "edit Nobody came" },
    { content: "Send", trigger: "button[value='finish']:enabled", run: "click" },
    { content: "Yes, send", trigger: ".modal .btn-primary:contains('Submit')", run: "click" },
    { content: "Thanked", trigger: ".o_survey_finished:contains('Thank you')" },
    FITS,
);
session("answered", FITS, { content: "Not twice", trigger: "h1:contains('answered already')" });
session(
    "stop",
    FITS,
    {
        content: "No more",
        trigger: "form[action$='/stop'] button[type='submit']",
        run: "click",
        expectUnloadPage: true,
    },
    { content: "Taken off", trigger: "h1:contains('do not ask you any more')" },
);

// Who follows up.
session(
    "follow_up",
    FITS,
    { content: "What they said", trigger: ".o_field_widget[name='comment']:contains('Nobody came')" },
    act("Open a complaint"),
    { content: "The ticket", trigger: ".o_form_view .o_field_widget[name='subject']" },
    FITS,
    page("Request"),
);
session(
    "contacted",
    FITS,
    write("contact_note", "Wants a visit tomorrow"),
    act("Customer contacted"),
    { content: "Contacted", trigger: ".o_form_view .o_field_widget[name='contacted_by_id']" },
    FITS,
);
