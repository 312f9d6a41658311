import {type Folder} from '../mailbox/mailbox.js';
import {type NameRules, type Traits} from '../mailbox/destination.js';

/** Exchange makes these itself, for what is not mail or not a person's; what a mailbox holds of the kind is added. */
const reservedNames = ['Calendar', 'Contacts', 'Conversation History', 'Files', 'Journal', 'Notes', 'Outbox', 'RSS Feeds', 'Sync Issues', 'Tasks'];

/** Which names Exchange takes: any character, `/` too; names that differ only in case, composition or at the end are one. */
export const ewsNameRules: NameRules = {
	forbidden: '',
	delimiter: '',
	ignoresCase: true,
	normalises: true,
	maxNameBytes: 250,
	// None that a source could reach is documented.
	maxDepth: 0,
	reserved: reservedNames,
};

/** The documented limits (microsoft-365.md 2.3, 2.7): a small batch, as its minute counts for the whole of it; ten calls at once. */
export const ewsTraits = ({folders, lanes, looks}: {
	readonly folders: readonly Folder[];
	readonly lanes?: {readonly start: number; readonly max: number} | undefined;
	readonly looks?: readonly [number, number] | undefined;
}): Traits => {
	const max = Math.min(10, Math.max(1, lanes?.max ?? 10));
	const notMail = folders.filter(({path, kind}) => path.length === 1 && kind === 'not-mail').map(({path}) => path[0]!);
	return {
		transport: 'ews',
		startLanes: Math.min(max, Math.max(1, lanes?.start ?? 4)),
		maxLanes: max,
		batch: {messages: 10, bytes: 5 * 1024 * 1024},
		// A batch may be executed for a minute after its answer was lost.
		looks: looks ?? [60_000, 90_000],
		keepsBytes: false,
		tellsId: true,
		// Not published for Exchange Online; told by 413, 405 and ErrorMessageSizeExceeded.
		maxMessageBytes: 0,
		names: {...ewsNameRules, reserved: [...new Set([...reservedNames, ...notMail])]},
	};
};
