import {type MailDestination, type Unsure} from '../mailbox/destination.js';
import {FailureError} from '../mailbox/failure.js';
import {type FolderPath} from '../mailbox/mailbox.js';
import {GraphDelivery, type GraphTools} from './graph-deliver.js';
import {MimeImport} from './graph-import.js';
import {doubtBare, matchUnsure} from './graph-look.js';
import {GraphMailbox, type GraphMailboxOptions, portOf} from './graph-mailbox.js';
import {type GraphFindings, probeImport, probeStamp} from './graph-probe.js';
import {readMessages} from './graph-read.js';
import {graphTraits} from './graph-traits.js';
import {generationOf} from './ews-tree.js';
import {oneByOne} from './one-by-one.js';
import {toldOnce} from './told-once.js';

export type GraphDestinationOptions = GraphMailboxOptions & {
	/** `open` puts a small message, and one that is larger than documented, into the hidden folder, to see what becomes of them. */
	readonly probe?: boolean | undefined;
	/** What an earlier probe has shown: then there is none. */
	readonly findings?: GraphFindings | undefined;
	/** Hears of what a probe has shown. */
	readonly onFindings?: ((findings: GraphFindings) => void) | undefined;
};

export type GraphDestination = MailDestination & {
	/** What a probe has shown; undefined without one. */
	readonly findings: () => GraphFindings | undefined;
};

/** Of a hidden folder of ours, in which messages are built that cannot be told from others before they have their stamp. */
const workshopName = 'aw2ms365';

/** A mailbox, and what imports into it. */
class ImportMailbox extends GraphMailbox {
	readonly importer = new MimeImport(this.session, this.paths);

	get tools(): GraphTools {
		const {session, paths, memory, importer, steps} = this;
		return {
			session, paths, memory, importer, steps,
			workshop: async signal => this.workshop(signal),
			forgetWorkshop: () => {
				this.forgetWorkshop();
			},
		};
	}

	/** Looks, and does what is left to be done; once more where the folders were listed too long ago. */
	async look(...asked: Parameters<MailDestination['look']>): Promise<Array<string | undefined>> {
		return this.twice(async () => this.#look(...asked));
	}

	async #look(path: FolderPath, unsure: readonly Unsure[], claimed: (id: string) => boolean, signal: AbortSignal): Promise<Array<string | undefined>> {
		const {memory, steps} = this;
		for (const one of unsure) {
			memory.doubts(one);
		}

		const {folder, target} = await this.candidates(path, unsure, signal);
		const workshopId = await this.findWorkshop(signal);
		const workshop = workshopId === undefined ? [] : await this.list(workshopId, signal);
		const found = matchUnsure(unsure, {target, workshop}, {claimed, keepsDate: memory.keepsDate});
		const ids: Array<string | undefined> = [];
		for (const [position, one] of unsure.entries()) {
			const match = found[position];
			if (match?.step === 'complete') {
				// eslint-disable-next-line no-await-in-loop -- few
				await steps.complete(match.id, {flags: one.flags, receivedAt: one.fingerprint.receivedAt, stamp: one.stamp}, signal);
			} else if (match?.step === 'move' && folder) {
				// eslint-disable-next-line no-await-in-loop -- few
				await steps.move(match.id, folder.id, signal);
			}

			const isThere = match !== undefined && (match.step !== 'move' || folder !== undefined);
			ids.push(isThere ? match.id : undefined);
			if (isThere) {
				memory.settled(one);
			}
		}

		if (memory.stampless) {
			doubtBare(unsure.filter((_, position) => ids[position] === undefined), target.filter(({id}) => !ids.includes(id)), claimed);
		}

		return ids;
	}
}

/** A mailbox written by Microsoft Graph's importMime (microsoft-365.md 3.1), with states set afterwards. */
export const graphDestination = (options: GraphDestinationOptions): GraphDestination => {
	const box = new ImportMailbox(options, workshopName);
	let {findings} = options;
	const inTurn = oneByOne();
	return {
		account: {...portOf(options.host), user: options.mailbox},
		findings: () => findings,
		async open(signal) {
			await box.reload(signal);
			if (!options.isReadOnly) {
				// Nothing will ever look for what has no stamp.
				await box.sweep(({stamp}) => stamp === undefined || stamp === probeStamp, signal);
			}

			if (options.probe && !findings) {
				findings = await probeImport(box, await box.workshop(signal), signal);
				options.onFindings?.(findings);
			}

			if (findings?.isDraft) {
				throw new FailureError('server-nonsense', {
					reach: 'run', retry: 'later', outcome: 'not stored', detail: 'importMime makes drafts of what it imports', next: 'Choose another way with destination.transport, then run the same command again: it carries on.',
				});
			}

			return graphTraits({lanes: options.lanes, looks: options.looks, findings});
		},
		async folders(signal) {
			const tree = await box.reload(signal);
			return tree.folders();
		},
		async prepare(path, signal) {
			return inTurn(async () => box.prepare(path, signal));
		},
		async refresh(folder) {
			return folder;
		},
		async deliver(prepared, batch, report, signal) {
			await toldOnce(batch, report, signal, {
				async ready(tell) {
					const folder = await box.folderAt(prepared.path, signal);
					if (!folder || generationOf(folder) !== prepared.generation) {
						return undefined;
					}

					const delivery = new GraphDelivery(box.tools, {
						clock: options.clock, folder: folder.id, signal, report: tell, isReadAtOnce: findings?.isRead ?? false,
					});
					return async sent => delivery.deliver(sent);
				},
				gone() {
					// Preparing it again looks, and makes it anew.
					box.known = undefined;
				},
			});
		},
		async look(path, unsure, claimed, signal) {
			return unsure.length === 0 ? [] : box.look(path, unsure, claimed, signal);
		},
		async list(path, signal) {
			return box.within(path, signal, async folder => box.list(folder, signal));
		},
		async * read(_path, messages, signal) {
			yield * readMessages(box.session, box.paths, messages, signal);
		},
		async close() {
			await box.session.close();
		},
	};
};
