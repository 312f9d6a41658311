import {
	bad, ok, type Command, type Context,
} from './context.js';
import {type Folder, type FolderRole} from './folder.js';
import {quote, quoteName, wireName} from './names.js';
import {statusLine} from './status.js';
import {textOf, wordsOf, type Token} from './tokens.js';

/** RFC 6154. */
const roleAttributes: Readonly<Record<FolderRole, string | undefined>> = {
	inbox: undefined, sent: String.raw`\Sent`, drafts: String.raw`\Drafts`, trash: String.raw`\Trash`, junk: String.raw`\Junk`, archive: String.raw`\Archive`,
};

/** Whether a name fits a pattern (RFC 9051 6.3.9): `*` is anything, `%` anything without the delimiter. Linear in both lengths. */
export const fits = (name: string, pattern: string, delimiter: string): boolean => {
	let reached = new Set([0]);
	for (const char of pattern) {
		const next = new Set<number>();
		if (char === '*' || char === '%') {
			for (let at = 0; at <= name.length; at++) {
				const goesOn = next.has(at - 1) && (char === '*' || name[at - 1] !== delimiter);
				if (goesOn || reached.has(at)) {
					next.add(at);
				}
			}
		} else {
			for (const start of reached) {
				if (name[start] === char) {
					next.add(start + 1);
				}
			}
		}

		reached = next;
	}

	return reached.has(name.length);
};

type Request = {
	readonly patterns: readonly string[];
	readonly select: ReadonlySet<string>;
	readonly returned: ReadonlySet<string>;
	readonly status: readonly string[];
};

const capitals = (token: Token | undefined): Set<string> => new Set(wordsOf(token)?.map(word => word.toUpperCase()));

const returnOptions = (options: Token | undefined): Pick<Request, 'returned' | 'status'> => {
	const items = options?.type === 'list' ? options.items : [];
	return {
		returned: new Set(items.map(item => textOf(item)?.toUpperCase() ?? '')),
		status: [...capitals(items.find(item => item.type === 'list'))],
	};
};

/** LIST's arguments, the extended form (RFC 5258, RFC 5819) included. */
const requestOf = (words: readonly Token[], law: Context['law']): Request | undefined => {
	const [first] = words;
	const extended = first?.type === 'list';
	const [reference, pattern, keyword, options] = extended ? words.slice(1) : words;
	const prefix = textOf(reference);
	const patterns = pattern?.type === 'list' ? wordsOf(pattern) : (pattern ? [textOf(pattern)!] : undefined);
	if (prefix === undefined || !patterns || patterns.length === 0 || patterns.some(one => one.length + prefix.length > 1000)) {
		return undefined;
	}

	const isReturn = textOf(keyword)?.toUpperCase() === 'RETURN' && options?.type === 'list' && !law.hidden.has('LIST-EXTENDED');
	if (keyword && !isReturn) {
		return undefined;
	}

	return {
		patterns: patterns.map(one => prefix + one),
		select: capitals(extended ? first : undefined),
		...returnOptions(options),
	};
};

const attributesOf = (folder: Folder, parents: ReadonlySet<string>, {law}: Context, request: Request): string[] => {
	const attributes: string[] = [];
	if (folder.kind === 'container') {
		attributes.push(String.raw`\Noselect`);
	}

	if (law.words.marks && folder.messages.length > 0) {
		attributes.push(String.raw`\Marked`);
	}

	attributes.push(parents.has(JSON.stringify(folder.path)) ? String.raw`\HasChildren` : String.raw`\HasNoChildren`);
	if (folder.subscribed && (request.returned.has('SUBSCRIBED') || request.select.has('SUBSCRIBED'))) {
		attributes.push(String.raw`\Subscribed`);
	}

	const role = folder.role && law.showRoles ? roleAttributes[folder.role] : undefined;
	return role ? [...attributes, role] : attributes;
};

const list = (verb: 'LIST' | 'LSUB'): Command => ({
	state: 'after',
	async run(context, words) {
		const {law, wire, account} = context;
		const request = requestOf(words, law);
		if (!request) {
			return bad(law.words.badArguments);
		}

		const delimiter = quote(law.form.delimiter);
		if (request.patterns.length === 1 && request.patterns[0] === '') {
			wire.line(`* ${verb} (\\Noselect) ${delimiter} ""`);
			return ok(law.words.done(verb));
		}

		const {folders} = account!.mailbox;
		const parents = new Set(folders.map(folder => JSON.stringify(folder.path.slice(0, -1))));
		for (const folder of folders) {
			const name = wireName(folder.path, law.form);
			const isShown = name !== undefined
				&& request.patterns.some(pattern => fits(name, pattern, law.form.delimiter) || (folder.role === 'inbox' && fits('INBOX', pattern.toUpperCase(), law.form.delimiter)))
				&& (folder.subscribed || !(verb === 'LSUB' || request.select.has('SUBSCRIBED')))
				&& (!request.select.has('SPECIAL-USE') || (folder.role !== undefined && roleAttributes[folder.role] !== undefined));
			if (!isShown) {
				continue;
			}

			wire.line(`* ${verb} (${attributesOf(folder, parents, context, request).join(' ')}) ${delimiter} ${quoteName(name, law.words.sparingQuotes)}`);
			if (request.status.length > 0 && folder.kind === 'mail') {
				wire.line(statusLine(folder, request.status, law) ?? '* OK');
			}

			if (wire.full) {
				// eslint-disable-next-line no-await-in-loop -- as fast as the client reads
				await wire.flush();
			}
		}

		return ok(law.words.done(verb));
	},
});

export const listCommand = list('LIST');
export const lsubCommand = list('LSUB');
