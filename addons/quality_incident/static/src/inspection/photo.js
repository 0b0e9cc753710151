/** Pixels of the longer side: enough to see a crack, small enough for the network of a site. */
const LONGEST = 1600;
const QUALITY = 0.85;

function readAsDataURL(blob) {
    return new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.onerror = () => reject(reader.error);
        reader.readAsDataURL(blob);
    });
}

/** Return the picture no larger than needed, upright; as it is when this browser cannot read it. */
async function shrink(file) {
    try {
        const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
        const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.max(1, Math.round(picture.width * scale));
        canvas.height = Math.max(1, Math.round(picture.height * scale));
        canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
        return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    } catch {
        return file;
    }
}

/** Return a photo from the camera as the server takes it: `{uuid, name, data}`. */
export async function preparePhoto(file) {
    const blob = await shrink(file);
    const [, data] = (await readAsDataURL(blob)).split(",");
    const name = blob === file ? file.name : file.name.replace(/\.\w+$/, "") + ".jpg";
    const random = crypto.getRandomValues(new Uint32Array(4));
    return { uuid: [...random].map((part) => part.toString(36)).join("-"), name, data };
}
