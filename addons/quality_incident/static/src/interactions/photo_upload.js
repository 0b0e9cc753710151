import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

import { shrinkPhoto } from "../photo/photo";

/** Photos chosen on a page for outside people become small before they are sent; without JavaScript they go as they are. */
export class PhotoUpload extends Interaction {
    static selector = "form input[type='file'].o_quality_photos";
    dynamicContent = { _root: { "t-on-change": this.shrink } };

    async shrink() {
        const input = this.el;
        const chosen = [...input.files];
        const buttons = [...input.form.querySelectorAll("button[type='submit']:enabled")];
        this.lock(buttons, true);
        try {
            const small = await this.waitFor(Promise.all(chosen.map(shrinkPhoto)));
            const unchanged =
                chosen.length === input.files.length && chosen.every((file, i) => file === input.files[i]);
            if (unchanged && small.some((file, i) => file !== chosen[i])) {
                const transfer = new DataTransfer();
                small.forEach((file) => transfer.items.add(file));
                input.files = transfer.files;
            }
        } finally {
            this.lock(buttons, false);
        }
    }

    lock(buttons, locked) {
        buttons.forEach((button) => (button.disabled = locked));
    }
}

registry.category("public.interactions").add("quality_incident.photo_upload", PhotoUpload);
