import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { IndexedDB } from "@web/core/utils/indexed_db";

const TABLE = "answers";
/** Milliseconds between two tries while there is no network. */
const RETRY = 5000;
/** Milliseconds without a keystroke after which a text is sent. */
const PAUSE = 600;
/** Answers sent at once: a photo each, on a bad connection. */
const PORTION = 5;

/**
 * What was answered on an inspection and has not reached the server yet.
 *
 * Every answer is kept on the device before it is sent, and leaves it only when the server has it: a lost connection, a
 * closed page or an empty battery loses nothing. The server takes an answer twice without harm, so it is sent again
 * whenever it is not certain that it arrived.
 */
export class AnswerQueue {
    /**
     * @param {string} name of the store on the device: one for each database and user
     * @param {number} key id of the inspection
     * @param {(answers: object[], conclusion: string | undefined) => Promise<object>} send
     * @param {(result?: object) => void} onChange called after each change, with the server's answer if there is one
     */
    constructor(name, key, send, onChange) {
        Object.assign(this, { key, send, onChange });
        this.store = browser.indexedDB === null ? null : new IndexedDB(name, 1);
        this.answers = {};
        this.conclusion = undefined;
        this.refused = {};
        this.offline = false;
        this.changes = 0;
        this.onOnline = () => this.flush();
        browser.addEventListener("online", this.onOnline);
    }

    /** Read what an earlier visit could not send. */
    async restore() {
        const kept = await this.store?.read(TABLE, this.key).catch(() => undefined);
        if (kept) {
            this.answers = kept.answers;
            this.conclusion = kept.conclusion;
        }
    }

    destroy() {
        browser.removeEventListener("online", this.onOnline);
        browser.clearTimeout(this.timer);
        browser.clearTimeout(this.pause);
    }

    get waiting() {
        return Object.keys(this.answers).length + (this.conclusion ? 1 : 0);
    }

    /**
     * Keep an answer and send it as soon as possible.
     *
     * @param {number} lineId
     * @param {object} values those of the server's `save_answers`
     */
    async answer(lineId, values) {
        this.note(lineId, values);
        await this.keep();
        return this.flush();
    }

    /** Take over what is being typed, so that nothing that is drawn meanwhile replaces it; sent after a pause. */
    type(lineId, values) {
        this.note(lineId, values);
        this.onChange();
        browser.clearTimeout(this.pause);
        this.pause = browser.setTimeout(() => this.keep().then(() => this.flush()), PAUSE);
    }

    note(lineId, values) {
        const { photos = [], removed_photos = [], ...rest } = values;
        const before = this.answers[lineId] || { line_id: lineId };
        this.answers[lineId] = {
            ...before,
            ...rest,
            photos: [...(before.photos || []), ...photos].filter((photo) => !removed_photos.includes(photo.uuid)),
            removed_photos: [...(before.removed_photos || []), ...removed_photos],
            change: ++this.changes,
        };
        delete this.refused[lineId];
    }

    async conclude(conclusion) {
        this.conclusion = conclusion;
        await this.keep();
        return this.flush();
    }

    /** Write down what waits; a device that cannot store still sends. */
    async keep() {
        this.onChange();
        const { answers, conclusion } = this;
        await this.store
            ?.write(TABLE, this.key, JSON.parse(JSON.stringify({ answers, conclusion })))
            .catch((error) => console.warn("Answers cannot be kept on this device", error));
    }

    /** Send what waits, portion by portion, one request at a time. */
    async flush() {
        if (this.sending || !this.waiting) {
            return this.sending;
        }
        this.sending = this.sendAll().finally(() => (this.sending = null));
        return this.sending;
    }

    async sendAll() {
        browser.clearTimeout(this.timer);
        while (this.waiting) {
            const portion = Object.values(this.answers).slice(0, PORTION);
            const { conclusion } = this;
            let result;
            try {
                result = await this.send(
                    portion.map(({ change, ...answer }) => answer),
                    conclusion,
                );
            } catch (error) {
                if (!(error instanceof ConnectionLostError)) {
                    throw error;
                }
                this.offline = true;
                this.timer = browser.setTimeout(() => this.flush(), RETRY);
                this.onChange();
                return;
            }
            this.offline = false;
            this.settle(portion, conclusion, result);
            await this.keep();
            this.onChange(result);
        }
    }

    /** Forget what arrived, but not what was changed meanwhile; what was refused stays to be seen. */
    settle(portion, conclusion, { errors }) {
        const messages = Object.fromEntries(errors.map(({ line_id, message }) => [line_id, message]));
        for (const { line_id, change } of portion) {
            if (this.answers[line_id]?.change === change) {
                if (line_id in messages) {
                    this.refused[line_id] = messages[line_id];
                }
                delete this.answers[line_id];
            }
        }
        if (this.conclusion === conclusion) {
            this.conclusion = undefined;
        }
    }
}
