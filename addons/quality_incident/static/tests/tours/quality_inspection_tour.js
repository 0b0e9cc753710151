import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";
import { PATIENCE, PIXEL } from "./quality_tour_steps";

const LINE = (name) => `.o_quality_fill_line:contains('${name}')`;
const answer = (name, result) => ({
    content: `${name}: ${result}`,
    trigger: `${LINE(name)} button[data-result='${result}']`,
    run: "click",
});
const saved = { content: "Everything is saved", trigger: ".o_quality_fill_state[data-waiting='0']" };
/** A request that never reaches anybody. */
class DeadRequest extends EventTarget {
    open() {}
    setRequestHeader() {}
    abort() {}
    send() {
        setTimeout(() => this.dispatchEvent(new Event("error")));
    }
}
const LiveRequest = browser.XMLHttpRequest;
const network = (works) => ({
    content: works ? "The network is back" : "The network drops",
    trigger: ".o_quality_fill",
    run() {
        browser.XMLHttpRequest = works ? LiveRequest : DeadRequest;
        if (works) {
            window.dispatchEvent(new Event("online"));
        }
    },
});

/** B3: a Saturday inspection on a phone, with a photo and a network that drops, up to the notice. */
registry.category("web_tour.tours").add("quality_inspection_phone", {
    timeout: PATIENCE,
    steps: () => [
        {
            content: "Fill in",
            trigger: ".o_statusbar_buttons button:contains('Fill in'), .o_form_statusbar button:contains('Fill in')",
            run: "click",
        },
        answer("Spacing", "pass"),
        { content: "It shows", trigger: `${LINE("Spacing")} button[data-result='pass'][aria-pressed='true']` },
        saved,
        {
            content: "Nothing is too small for a glove",
            trigger: `${LINE("Cover")} .o_quality_answer`,
            run() {
                if (this.anchor.getBoundingClientRect().height < 48) {
                    throw new Error("a button is lower than 48 pixels");
                }
                const page = document.documentElement;
                if (page.scrollWidth > page.clientWidth) {
                    throw new Error("the page is wider than the phone");
                }
            },
        },
        network(false),
        answer("Cover", "deficient"),
        { content: "A note", trigger: `${LINE("Cover")} textarea`, run: "edit Only 12 mm of cover" },
        { content: "Leave the note", trigger: `${LINE("Cover")} textarea`, run: "press Tab" },
        {
            content: "A photo",
            trigger: `${LINE("Cover")} .o_quality_camera`,
            run: () =>
                inputFiles(".o_quality_fill_line input[type='file']", [
                    new File([Uint8Array.from(atob(PIXEL), (sign) => sign.charCodeAt(0))], "cover.png", {
                        type: "image/png",
                    }),
                ]),
        },
        { content: "The photo shows", trigger: `${LINE("Cover")} .o_quality_photo img` },
        { content: "It is kept on the phone", trigger: ".o_quality_fill_state:contains('kept on this phone')" },
        network(true),
        saved,
        { content: "Complete too early", trigger: ".o_quality_fill_complete", run: "click" },
        { content: "What is missing is said", trigger: ".o_notification:contains('Guard rails')" },
        answer("Guard rails", "na"),
        saved,
        { content: "Complete", trigger: ".o_quality_fill_complete", run: "click" },
        { content: "It is done", trigger: ".o_quality_fill footer:contains('Done')" },
        { content: "One tap", trigger: `${LINE("Cover")} .o_quality_raise`, run: "click" },
        { content: "The notice is drafted", trigger: ".o_form_view .o_field_widget[name='subject']" },
    ],
});
