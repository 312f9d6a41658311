import {
	bad, ok, type Command, type Context, type View,
} from './context.js';
import {fetchItems, type FetchItem} from './fetch-items.js';
import {type Message} from './message.js';
import {textOf, wordsOf, type Token} from './tokens.js';
import {spansOf} from './view.js';

const seen = String.raw`\Seen`;

const say = async (context: Context, position: number, items: readonly FetchItem[], spoilt: boolean): Promise<void> => {
	const {wire} = context;
	const view = context.view!;
	const message = view.messages[position]!;
	const fault = spoilt ? context.contentFault : undefined;
	const isNew = !view.readOnly && items.some(item => item.reads) && !message.flags.includes(seen);
	if (isNew) {
		view.folder.setFlags(message, [...message.flags, seen]);
	}

	wire.text(`* ${position + 1} FETCH (`);
	let separator = '';
	for (const item of items) {
		const value = item.value(message, fault);
		if (typeof value === 'string') {
			wire.text(`${separator}${item.label} ${value}`);
		} else {
			wire.text(`${separator}${item.label} {${value.length}}\r\n`);
			if (fault?.cutAfter !== undefined) {
				wire.cutAfter(Math.min(fault.cutAfter, Math.max(0, value.length - 1)));
			}

			// eslint-disable-next-line no-await-in-loop -- one after the other, as fast as the client reads
			await wire.bytes(value);
		}

		separator = ' ';
	}

	wire.line(isNew && !items.some(item => item.label === 'FLAGS') ? ` FLAGS (${message.flags.join(' ')}))` : ')');
};

/** `CHANGEDSINCE n` (RFC 7162), else 0; undefined where there is something else. */
const changedSince = (token: Token | undefined): number | undefined => {
	if (!token) {
		return 0;
	}

	const [name, value] = wordsOf(token) ?? [];
	return name?.toUpperCase() === 'CHANGEDSINCE' && value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
};

/** FETCH and UID FETCH (RFC 9051 6.4.5). Streams: no more is made than the client reads. */
export const fetchCommand: Command = {
	state: 'selected',
	async run(context, words, uid) {
		const {law, wire} = context;
		const view = context.view!;
		const spans = spansOf(view, textOf(words[0]), uid);
		const items = fetchItems(words[1], law);
		const since = changedSince(words[2]);
		if (!spans || !items || since === undefined || words.length > 3) {
			return bad(law.words.badArguments);
		}

		const complete = uid && !items.some(item => item.label === 'UID') ? [...fetchItems({type: 'atom', text: 'UID'}, law)!, ...items] : items;
		const fault = context.contentFault;
		const isSpoilt = (message: Message, first: boolean): boolean => fault !== undefined && (fault.uid === undefined ? first : fault.uid === message.uid);
		let first = true;
		for (const [from, to] of spans) {
			for (let position = from; position < to; position++) {
				const message = view.messages[position]!;
				if (message.expunged || message.modSeq <= since) {
					continue;
				}

				// eslint-disable-next-line no-await-in-loop -- one after the other, as fast as the client reads
				await say(context, position, complete, isSpoilt(message, first));
				first = false;
				if (wire.full) {
					// eslint-disable-next-line no-await-in-loop -- as above
					await wire.flush();
				}
			}
		}

		return ok(law.words.done('FETCH'));
	},
};
