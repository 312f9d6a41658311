import {Buffer} from 'node:buffer';
import {
	bad, no, ok, type Command, type Context,
} from './context.js';
import {pathOf} from './names.js';
import {textOf, type Token} from './tokens.js';

const pathIn = (token: Token | undefined, {law}: Context): string[] | undefined => pathOf(textOf(token) ?? '', law.form);

const objection = (path: readonly string[], {law, account}: Context): string | undefined => {
	const {characters, maxBytes, maxDepth} = law.forbidden;
	if (account!.mailbox.lookUp(path)) {
		return law.words.exists;
	}

	if (path.length === 1 && law.reserved.has(path[0]!.toLowerCase())) {
		return 'Folder name is reserved';
	}

	if (path.length > maxDepth) {
		return '[CANNOT] Mailbox hierarchy is too deep';
	}

	const isIllegal = path.some(name => Buffer.byteLength(name) > maxBytes || [...name].some(char => char < ' ' || characters.includes(char)));
	return isIllegal ? '[CANNOT] Invalid mailbox name' : undefined;
};

/** CREATE (RFC 9051 6.3.4) makes the folders above too; one that stood there as a container becomes a folder. */
export const createCommand: Command = {
	state: 'after',
	run(context, words) {
		const {law, account} = context;
		const path = pathIn(words[0], context);
		if (!path) {
			return bad(law.words.badArguments);
		}

		const standing = account!.mailbox.lookUp(path);
		if (standing?.kind === 'container') {
			standing.kind = 'mail';
			return ok(law.words.done('CREATE'));
		}

		const refusal = objection(path, context);
		if (refusal) {
			return no(refusal);
		}

		for (let depth = 1; depth <= path.length; depth++) {
			const part = path.slice(0, depth);
			if (!account!.mailbox.lookUp(part)) {
				account!.mailbox.createFolder({path: part, subscribed: false});
			}
		}

		return ok(law.words.done('CREATE'));
	},
};

/** DELETE (RFC 9051 6.3.5). */
export const deleteCommand: Command = {
	state: 'after',
	run(context, words) {
		const {law, account} = context;
		const path = pathIn(words[0], context);
		if (!path) {
			return bad(law.words.badArguments);
		}

		const folder = account!.mailbox.lookUp(path);
		if (!folder) {
			return no(law.words.missing);
		}

		const isBareContainer = folder.kind === 'container' && account!.mailbox.hasChildren(folder);
		if (folder.role !== undefined || isBareContainer) {
			return no('[CANNOT] Mailbox cannot be deleted');
		}

		account!.mailbox.deleteFolder(folder.path);
		return ok(law.words.done('DELETE'));
	},
};

/** RENAME (RFC 9051 6.3.6); special folders stay. */
export const renameCommand: Command = {
	state: 'after',
	run(context, words) {
		const {law, account} = context;
		const [from, to] = [pathIn(words[0], context), pathIn(words[1], context)];
		if (!from || !to) {
			return bad(law.words.badArguments);
		}

		const folder = account!.mailbox.lookUp(from);
		if (!folder) {
			return no(law.words.missing);
		}

		const isOwnChild = to.length > folder.path.length && folder.path.every((name, depth) => name === to[depth]);
		const refusal = folder.role !== undefined || isOwnChild ? '[CANNOT] Mailbox cannot be renamed' : objection(to, context);
		if (refusal) {
			return no(refusal);
		}

		account!.mailbox.renameFolder(folder.path, to);
		return ok(law.words.done('RENAME'));
	},
};

const subscription = (verb: 'SUBSCRIBE' | 'UNSUBSCRIBE'): Command => ({
	state: 'after',
	run(context, words) {
		const {law, account} = context;
		const path = pathIn(words[0], context);
		if (!path) {
			return bad(law.words.badArguments);
		}

		const folder = account!.mailbox.lookUp(path);
		if (!folder) {
			return no(law.words.missing);
		}

		folder.subscribed = verb === 'SUBSCRIBE';
		return ok(law.words.done(verb));
	},
});

export const subscribeCommand = subscription('SUBSCRIBE');
export const unsubscribeCommand = subscription('UNSUBSCRIBE');
