import { registry } from "@web/core/registry";

const FITS = {
    content: "The page is no wider than the phone",
    trigger: ".o_quality_portal",
    run() {
        const page = document.documentElement;
        if (page.scrollWidth > page.clientWidth) {
            throw new Error(`${page.scrollWidth} > ${page.clientWidth}`);
        }
    },
};
const inDays = (days) => luxon.DateTime.now().plus({ days }).toISODate();

/** F5: a contractor on a phone acknowledges a notice and submits the plan. */
registry.category("web_tour.tours").add("quality_portal_party", {
    steps: () => [
        FITS,
        {
            content: "Acknowledge",
            trigger: "form[action$='/acknowledge'] button",
            run: "click",
            expectUnloadPage: true,
        },
        { content: "It is acknowledged", trigger: ".alert-success" },
        FITS,
        {
            content: "Plan every requirement",
            trigger: "#plan",
            run() {
                for (const field of this.anchor.querySelectorAll("textarea, input")) {
                    const [name] = field.name.split("_");
                    const value = { plan: "Rebuild", responsible: "Foreman Wu", due: inDays(3) }[name];
                    if (value) {
                        field.value = value;
                    }
                }
            },
        },
        { content: "Submit", trigger: "#plan button[name='submit']", run: "click", expectUnloadPage: true },
        { content: "It is being reviewed", trigger: ".alert-info:contains('being reviewed')" },
    ],
});
