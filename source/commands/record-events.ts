import {samePath} from '../mailbox/mailbox.js';
import {type Event} from '../migration/events.js';
import {type MailboxRecord} from '../migration/record.js';
import {totalOf} from '../migration/progress.js';
import {tallyOf} from '../migration/survey.js';

/** Tells what a record holds as the events of a survey, so that `status` and a run count by the same fold. */
export const tellRecord = (record: MailboxRecord, tell: (event: Event) => void): void => {
	let earlier = 0;
	for (const folder of record.folders) {
		if (record.latest(folder.path) !== folder) {
			continue;
		}

		const generations = record.folders.filter(other => samePath(other.path, folder.path));
		const sums = tallyOf(folder, {messages: 0, bytes: 0});
		const [messages, bytes] = [{...sums.messages}, {...sums.bytes}];
		// What the last listing held above the fates on record has none yet.
		const open = Math.max(0, (folder.survey?.total ?? 0) - totalOf(messages));
		const openBytes = Math.max(0, (folder.survey?.bytes ?? 0) - totalOf(bytes));
		messages[folder.survey?.excluded ? 'excluded' : 'remaining'] += open;
		bytes[folder.survey?.excluded ? 'excluded' : 'remaining'] += openBytes;
		for (const old of generations.slice(0, -1)) {
			const before = tallyOf(old, {messages: 0, bytes: 0});
			for (const key of Object.keys(messages) as Array<keyof typeof messages>) {
				messages[key] += before.messages[key];
				bytes[key] += before.bytes[key];
			}
		}

		earlier += totalOf(messages) - messages.remaining;
		tell({
			type: 'folder.surveyed', folder: folder.path, destination: folder.destination, reasons: folder.survey?.gone ? ['gone'] : [], exists: true,
			...(folder.survey?.excluded && {excluded: folder.survey.excluded}), messages, bytes, predicted: 0,
		});
	}

	tell({type: 'survey.completed', earlier});
};
