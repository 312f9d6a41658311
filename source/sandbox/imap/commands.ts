import {appendCommand} from './append.js';
import {bad, ok, type Command} from './context.js';
import {copyCommand, expungeCommand, moveCommand} from './copy.js';
import {fetchCommand} from './fetch.js';
import {storeCommand} from './flags.js';
import {
	createCommand, deleteCommand, renameCommand, subscribeCommand, unsubscribeCommand,
} from './folders.js';
import {idleCommand} from './idle.js';
import {listCommand, lsubCommand} from './list.js';
import {quote} from './names.js';
import {searchCommand} from './search.js';
import {
	closeCommand, examineCommand, selectCommand, unselectCommand,
} from './select.js';
import {authenticateCommand, loginCommand} from './sign-in.js';
import {statusCommand} from './status.js';
import {textOf} from './tokens.js';

const idle = (name: string): Command => ({state: 'any', run: ({law}) => ok(law.words.done(name))});

const capabilityCommand: Command = {
	state: 'any',
	run(context) {
		context.wire.line(`* CAPABILITY ${context.capabilities().join(' ')}`);
		return ok(context.law.words.done('CAPABILITY'));
	},
};

const logoutCommand: Command = {
	state: 'any',
	run(context) {
		context.leaving = true;
		context.wire.line(`* BYE ${context.law.words.signOff}`);
		return ok(context.law.words.done('LOGOUT'));
	},
};

const idCommand: Command = {
	state: 'any',
	run({wire, law}) {
		wire.line('* ID ("name" "sandbox")');
		return ok(law.words.done('ID'));
	},
};

const namespaceCommand: Command = {
	state: 'after',
	run({wire, law}) {
		wire.line(`* NAMESPACE (("" ${quote(law.form.delimiter)})) NIL NIL`);
		return ok(law.words.done('NAMESPACE'));
	},
};

/** ENABLE (RFC 5161): what is not offered is passed over. */
const enableCommand: Command = {
	state: 'after',
	run({wire, law}, words) {
		if (words.length === 0) {
			return bad(law.words.badArguments);
		}

		const enabled = words.map(word => textOf(word)?.toUpperCase()).filter(name => name === 'CONDSTORE' && law.condStore);
		wire.line(['* ENABLED', ...enabled].join(' '));
		return ok(law.words.done('ENABLE'));
	},
};

/** Every command by its name in capitals. */
export const commands: ReadonlyMap<string, Command> = new Map([
	['CAPABILITY', capabilityCommand],
	['NOOP', idle('NOOP')],
	['CHECK', {...idle('CHECK'), state: 'selected'}],
	['LOGOUT', logoutCommand],
	['ID', idCommand],
	['LOGIN', loginCommand],
	['AUTHENTICATE', authenticateCommand],
	['NAMESPACE', namespaceCommand],
	['ENABLE', enableCommand],
	['LIST', listCommand],
	['LSUB', lsubCommand],
	['STATUS', statusCommand],
	['SELECT', selectCommand],
	['EXAMINE', examineCommand],
	['UNSELECT', unselectCommand],
	['CLOSE', closeCommand],
	['CREATE', createCommand],
	['DELETE', deleteCommand],
	['RENAME', renameCommand],
	['SUBSCRIBE', subscribeCommand],
	['UNSUBSCRIBE', unsubscribeCommand],
	['APPEND', appendCommand],
	['FETCH', fetchCommand],
	['STORE', storeCommand],
	['SEARCH', searchCommand],
	['COPY', copyCommand],
	['MOVE', moveCommand],
	['EXPUNGE', expungeCommand],
	['IDLE', idleCommand],
]);

/** Commands with a UID form. */
export const uidForms: ReadonlySet<string> = new Set(['FETCH', 'STORE', 'SEARCH', 'COPY', 'MOVE', 'EXPUNGE']);

/** Commands that an extension brings: unknown where its capability is hidden. */
export const needed: ReadonlyMap<string, string> = new Map([
	['MOVE', 'MOVE'], ['IDLE', 'IDLE'], ['UNSELECT', 'UNSELECT'], ['NAMESPACE', 'NAMESPACE'], ['ID', 'ID'], ['ENABLE', 'ENABLE'],
]);
