import {cleanText} from '../mailbox/clean.js';
import {type FolderPath, pathKey, showPath} from '../mailbox/mailbox.js';
import {bytes, count, plural} from '../output/figures.js';
import {predictionLines} from './plan-predictions.js';
import {type Stage} from './stage.js';

const reasonWords: Readonly<Record<string, string>> = {
	role: 'by its role', renamed: 'renamed', override: 'as you chose', clash: 'renamed: the name is taken', flattened: 'flattened: too deep', shortened: 'shortened', gone: 'no longer at the source',
};

/** Inbox first, then by name, each folder before what lies below it. */
export const inTreeOrder = <T extends {readonly path: FolderPath; readonly role?: string}>(folders: Iterable<T>): T[] => {
	const collator = new Intl.Collator('en', {numeric: true});
	const compare = (a: T, b: T): number => {
		for (let depth = 0; depth < Math.min(a.path.length, b.path.length); depth++) {
			const order = collator.compare(a.path[depth]!, b.path[depth]!);
			if (order !== 0) {
				return order;
			}
		}

		return a.path.length - b.path.length;
	};

	const isInbox = ({path}: T): boolean => path[0]?.toUpperCase() === 'INBOX';
	return [...folders].sort((a, b) => Number(isInbox(b)) - Number(isInbox(a)) || compare(a, b));
};

/** What would happen, folder by folder. */
export const showPlan = ({terminal, progress}: Stage): void => {
	const folders = inTreeOrder(progress.folders.values());
	terminal.result('');
	for (const folder of folders) {
		const name = cleanText(showPath(folder.path), 60);
		const to = cleanText(showPath(folder.destination), 60);
		const {messages, bytes: sizes} = folder;
		// Most folders keep their place and name, and nothing needs saying of them.
		const stays = folder.excluded !== undefined || pathKey(folder.path) === pathKey(folder.destination);
		const facts = [
			folder.excluded ? `stays behind (${folder.excluded === 'folder-skipped' ? 'skipFolders/includeFolders' : folder.excluded})` : `${count(messages.remaining)} to deliver, ${bytes(sizes.remaining)}`,
			messages.delivered + messages.alreadyThere > 0 ? `${count(messages.delivered + messages.alreadyThere)} done` : '',
			!folder.excluded && messages.excluded > 0 ? `${count(messages.excluded)} marked deleted, left behind` : '',
			folder.predicted > 0 ? `${count(folder.predicted)} too large` : '',
			folder.exists || folder.excluded ? '' : 'new folder',
			...folder.reasons.filter(reason => !stays || reason === 'gone').map(reason => reasonWords[reason] ?? ''),
		].filter(Boolean);
		terminal.result(`  ${name}${stays ? '' : ` → ${to}`}: ${facts.join('; ')}`);
		if (folder.explanation) {
			terminal.result(`      ${cleanText(folder.explanation)}`);
		}
	}

	for (const {path, kind} of progress.ignored) {
		terminal.result(`  ${cleanText(showPath(path), 60)}: ${kind === 'container' ? 'holds folders only' : 'not mail; it is not migrated'}`);
	}

	for (const line of predictionLines(progress, folders)) {
		terminal.result(line);
	}

	terminal.result('');
	terminal.result(`${plural(progress.messages.remaining, 'message')} to deliver, ${bytes(progress.bytes.remaining)}. Nothing was written.`);
};
