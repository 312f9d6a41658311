import {uidForms} from './commands.js';
import {type Context} from './context.js';
import {type FaultEvent} from './faults.js';
import {pathOf} from './names.js';
import {
	SyntaxFault, textOf, tokenise, type Segment, type Token,
} from './tokens.js';
import {spansOf} from './view.js';

/** A command taken apart. */
export type Parsed = {
	readonly tag: string;
	/** In capitals. */
	readonly name: string;
	/** In its UID form. */
	readonly uid: boolean;
	readonly words: readonly Token[];
};

/** Takes a command apart, or the part of it before a literal. @throws SyntaxFault */
export const parseCommand = (segments: readonly Segment[]): Parsed => {
	const [first, ...rest] = segments;
	const text = first && 'text' in first ? first.text : '';
	const tag = /^[^\s(){%*"\\+]+(?= )/.exec(text)?.[0];
	if (!tag) {
		throw new SyntaxFault('No tag');
	}

	const all = tokenise([{text: text.slice(tag.length + 1)}, ...rest]);
	const head = (position: number): string => all[position]?.type === 'atom' ? all[position].text.toUpperCase() : '';
	const uid = head(0) === 'UID' && uidForms.has(head(1));
	return {
		tag, name: head(uid ? 1 : 0), uid, words: all.slice(uid ? 2 : 1),
	};
};

/** A command for the log: no secrets, no content, nothing long. */
export const shownOf = ({name, uid, words}: Parsed): string => {
	const shown = words.map(word => word.type === 'list' ? '(…)' : textOf(word)!.slice(0, 60));
	const isSecret = name === 'LOGIN' || name === 'AUTHENTICATE';
	return [...(uid ? ['UID'] : []), name, ...(isSecret ? ['***'] : (name === 'APPEND' ? shown.slice(0, 1) : shown))].join(' ');
};

/** The first word of a line: what an answer to a line that is no command bears as its tag. */
export const firstWord = (segments: readonly Segment[]): string => {
	const [first] = segments;
	return first && 'text' in first ? /^\S*/.exec(first.text)![0] : '';
};

/** The folder that a command names, where it names one first. */
export const namedFolder = ({name, words}: Parsed, {law}: Context): string[] | undefined =>
	['APPEND', 'SELECT', 'EXAMINE', 'STATUS', 'CREATE', 'DELETE', 'RENAME'].includes(name) ? pathOf(textOf(words[0]) ?? '', law.form) : undefined;

const groupsOf = ({name, words}: Parsed): string[] => {
	switch (name) {
		case 'LOGIN':
		case 'AUTHENTICATE': {
			return ['login'];
		}

		case 'SELECT':
		case 'EXAMINE': {
			return ['open'];
		}

		case 'FETCH': {
			return [/body(?:\.peek)?\[(?:text)?]|rfc822"|rfc822\.text/i.test(JSON.stringify(words[1] ?? '')) ? 'read' : 'listing'];
		}

		default: {
			return [];
		}
	}
};

/** A command as fault rules see it. */
export const eventOf = (parsed: Parsed, context: Context): FaultEvent => {
	const {name, words, uid} = parsed;
	const {view, account} = context;
	const asks = (wanted: number): boolean => {
		const position = view ? view.messages.findIndex(message => message.uid === wanted) : -1;
		return position !== -1 && Boolean(spansOf(view!, textOf(words[0]), uid)?.some(([from, to]) => position >= from && position < to));
	};

	return {
		names: [...new Set(['command', name.toLowerCase(), ...groupsOf(parsed)])],
		folder: namedFolder(parsed, context) ?? view?.folder.path,
		user: account?.user.name,
		...(name === 'FETCH' && {asks}),
	};
};
