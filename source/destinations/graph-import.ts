import {Buffer} from 'node:buffer';
import {FailureError} from '../mailbox/failure.js';
import {GraphFailure, type GraphSession} from '../protocols/graph-http.js';
import {type GraphPaths} from './graph-bodies.js';
import {type MessageJson} from './graph-item.js';

const missingStep = 'Microsoft Graph does not offer importMime to this tenant: choose another road with destination.transport (imap or ews), then run the same command again: it carries on.';

/** That the address is not known: whatever the message is, nothing was stored. */
const isUnknown = (error: unknown): error is GraphFailure => error instanceof GraphFailure && error.failure.outcome === 'not stored'
	&& [400, 404, 405, 501].includes(error.status ?? 0) && (!error.code?.startsWith('Error'));

/** `mailFolder: importMime` (microsoft-365.md 3.1), wherever this service has it: v1.0 is tried first, then beta; what worked is remembered. */
export class MimeImport {
	/** Undefined until one was taken. */
	version: 'v1.0' | 'beta' | undefined;
	readonly #session: GraphSession;
	readonly #paths: GraphPaths;

	constructor(session: GraphSession, paths: GraphPaths) {
		this.#session = session;
		this.#paths = paths;
	}

	/**
	Stores a message into a folder, from its MIME; nothing is sent to anybody.

	@throws GraphFailure, its outcome unknown where an answer was lost; server-nonsense for the run where neither version has it
	*/
	async run(folder: string, bytes: Uint8Array, signal: AbortSignal): Promise<MessageJson & {readonly id: string}> {
		const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
		if (this.version) {
			return this.#post(this.version, folder, text, signal);
		}

		try {
			return await this.#post('v1.0', folder, text, signal);
		} catch (error) {
			if (!isUnknown(error)) {
				throw error;
			}
		}

		try {
			return await this.#post('beta', folder, text, signal);
		} catch (error) {
			// An error of Exchange's own comes from behind that address: it is there.
			throw isUnknown(error)
				? new FailureError('server-nonsense', {
					reach: 'run', retry: 'later', outcome: 'not stored', detail: 'importMime is neither in v1.0 nor in beta', next: missingStep, cause: error,
				})
				: error;
		}
	}

	async #post(version: 'v1.0' | 'beta', folder: string, text: string, signal: AbortSignal): Promise<MessageJson & {readonly id: string}> {
		const {json, status} = await this.#session.call({
			method: 'POST', path: this.#paths.importMime(folder), beta: version === 'beta', text, contentType: 'text/plain', writes: true, signal,
		});
		const message = (json ?? {}) as MessageJson;
		if (typeof message.id !== 'string' || message.id === '') {
			// Seen of MIME create: a success without an item (microsoft-365.md 3.4).
			throw new GraphFailure(new FailureError('server-nonsense', {detail: `HTTP ${status} without a message`, outcome: 'unknown'}).failure, {status});
		}

		this.version = version;
		return {...message, id: message.id};
	}
}
