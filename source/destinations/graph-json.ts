import {type MailDestination, type Traits} from '../mailbox/destination.js';
import {FailureError} from '../mailbox/failure.js';
import {generationOf} from './ews-tree.js';
import {type Failures, JsonDelivery} from './graph-json-deliver.js';
import {lookForJson} from './graph-json-look.js';
import {GraphMailbox, type GraphMailboxOptions, portOf} from './graph-mailbox.js';
import {readMessages} from './graph-read.js';
import {graphTraits} from './graph-traits.js';
import {oneByOne} from './one-by-one.js';
import {toldOnce} from './told-once.js';

export type GraphJsonOptions = GraphMailboxOptions & {
	/** Whether a person has allowed it, asked at each delivery. Without, every message is refused before anything is sent: all of them lose their MIME. */
	readonly allowLoss?: boolean | (() => boolean) | undefined;
};

/** Of the hidden folder in which messages are built that take several requests: not importMime's, to which a stamp there says that all is done. */
const workshopName = 'aw2ms365-parts';

const traitsOf = ({lanes, looks}: GraphJsonOptions): Traits => ({
	...graphTraits({lanes, looks}),
	transport: 'graph-json',
	// What the mailbox takes in all is not documented (microsoft-365.md 3.5).
	maxMessageBytes: 0,
	loses: ['mime', 'signatures'],
	mayLose: [],
});

/** A mailbox written by Microsoft Graph's JSON form (microsoft-365.md 3.3): messages are made anew from what was read of them. */
export const graphJsonDestination = (options: GraphJsonOptions): MailDestination => {
	const box = new GraphMailbox(options, workshopName);
	const failures: Failures = new Map();
	const inTurn = oneByOne();
	return {
		account: {...portOf(options.host), user: options.mailbox},
		async open(signal) {
			await box.reload(signal);
			if (!options.isReadOnly) {
				// So old, none of them is waited for: a look would delete it, too.
				await box.sweep(() => true, signal);
			}

			return traitsOf(options);
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
			if (!(typeof options.allowLoss === 'function' ? options.allowLoss() : options.allowLoss)) {
				for (const position of batch.keys()) {
					report(position, {stored: false, failure: new FailureError('message-loses').failure});
				}

				return;
			}

			await toldOnce(batch, report, signal, {
				async ready(tell) {
					const folder = await box.folderAt(prepared.path, signal);
					if (!folder || generationOf(folder) !== prepared.generation) {
						return undefined;
					}

					const delivery = new JsonDelivery(box, {
						folder: folder.id, tell, signal, failures,
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
			return unsure.length === 0 ? [] : box.twice(async () => lookForJson(box, path, unsure, {claimed, signal}));
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
