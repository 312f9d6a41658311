import {type Context, type View} from './context.js';
import {type Folder} from './folder.js';
import {parseSet, positionsIn} from './sets.js';

export const openView = (folder: Folder, readOnly: boolean): View => ({
	folder,
	readOnly,
	messages: [...folder.messages],
	lastUid: folder.uidNext - 1,
	expunges: folder.expunges,
});

/**
Tells the client what came and went since it was last told (RFC 9051 5.2). Expunges are kept back after
commands that use sequence numbers (7.5.1).
*/
export const tellChanges = (context: Context, expunges: boolean): void => {
	const {view, wire} = context;
	if (!view) {
		return;
	}

	const {folder} = view;
	if (expunges && view.expunges !== folder.expunges) {
		// From the end, so that the numbers told stay true.
		for (let position = view.messages.length - 1; position >= 0; position--) {
			if (view.messages[position]!.expunged) {
				wire.line(`* ${position + 1} EXPUNGE`);
			}
		}

		view.messages = view.messages.filter(message => !message.expunged);
		view.expunges = folder.expunges;
	}

	if (folder.uidNext - 1 > view.lastUid) {
		let from = folder.messages.length;
		while (from > 0 && folder.messages[from - 1]!.uid > view.lastUid) {
			from--;
		}

		const known = view.messages.length;
		for (let position = from; position < folder.messages.length; position++) {
			view.messages.push(folder.messages[position]!);
		}

		view.lastUid = folder.uidNext - 1;
		if (view.messages.length > known) {
			wire.line(`* ${view.messages.length} EXISTS`);
			wire.line('* 0 RECENT');
		}
	}
};

/** Positions that a set names in the view, as spans; undefined where the set is none or out of range. */
export const spansOf = (view: View, text: string | undefined, uid: boolean): Array<readonly [from: number, to: number]> | undefined => {
	const set = text === undefined ? undefined : parseSet(text);
	if (!set) {
		return undefined;
	}

	const {length} = view.messages;
	if (!uid && set.some(([, to]) => Number.isFinite(to) ? to > length : length === 0)) {
		return undefined;
	}

	return positionsIn(set, length, uid ? position => view.messages[position]!.uid : position => position + 1);
};
