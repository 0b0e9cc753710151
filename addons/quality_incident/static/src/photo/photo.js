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

/**
 * Return the picture no larger than needed, upright, as JPEG; the file itself when this browser cannot read it, when it
 * is no picture, or when nothing is gained.
 */
export async function shrinkPhoto(file) {
    if (!file.type.startsWith("image/")) {
        return file;
    }
    try {
        const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
        const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.max(1, Math.round(picture.width * scale));
        canvas.height = Math.max(1, Math.round(picture.height * scale));
        const context = canvas.getContext("2d");
        context.fillStyle = "white"; // what is transparent would become black
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.drawImage(picture, 0, 0, canvas.width, canvas.height);
        picture.close();
        const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
        return blob && blob.size < file.size ? new File([blob], jpegName(file.name), { type: blob.type }) : file;
    } catch {
        return file;
    }
}

function jpegName(name) {
    return `${name.replace(/\.\w+$/, "")}.jpg`;
}

/** Return a photo from the camera as the server takes it: `{uuid, name, data}`. */
export async function preparePhoto(file) {
    const photo = await shrinkPhoto(file);
    const [, data] = (await readAsDataURL(photo)).split(",");
    const random = crypto.getRandomValues(new Uint32Array(4));
    return { uuid: [...random].map((part) => part.toString(36)).join("-"), name: photo.name, data };
}
