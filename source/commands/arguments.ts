import meow from 'meow';
import {FailureError} from '../mailbox/failure.js';
import {exitCodes} from '../output/exit-code.js';

export const commandNames = ['init', 'plan', 'migrate', 'status', 'failures', 'retry', 'verify', 'demo'] as const;

export type CommandName = typeof commandNames[number];

export type Arguments = {
	readonly command: CommandName;
	/** The configuration file, where one was named. */
	readonly file?: string;
	readonly json: boolean;
	readonly folder: readonly string[];
	readonly uid: readonly number[];
	readonly code?: string;
	readonly unsure: boolean;
	readonly dryRun: boolean;
	readonly strict: boolean;
	readonly stopOnHangup: boolean;
	readonly nonInteractive: boolean;
	readonly verbose: boolean;
};

const help = `
Moves a mailbox from Amazon WorkMail to its new home: nothing lost, nothing doubled, always resumable.

Usage
  $ aw2ms365 <command> [config.yaml]

Examples
  $ aw2ms365 demo                          rehearse the whole thing without any account
  $ aw2ms365 init --non-interactive        write a commented configuration to fill in
  $ aw2ms365 plan                          show what would happen
  $ aw2ms365 migrate                       do it; the same command again carries on

Commands
  init       write a commented configuration (--non-interactive)
  plan       survey both sides and show what migrate would do; writes nothing
  migrate    run or resume; later runs carry over what is new
  status     what the journal says; no network
  failures   refused messages by cause
  retry      try refused messages again: all, or --folder, --uid, --code
  verify     compare both sides message by message; never writes
  demo       all of it against servers in this process, without any account

Options
  --config FILE       the configuration, instead of naming it after the command
  --json              one JSON object a line on stdout; the last is "summary"
  --plain             plain lines (what it does anyway today)
  --folder PATH       retry, failures: only this source folder; may be repeated
  --uid N             retry: only this message of the folder; may be repeated
  --code CODE         retry, failures: only this cause
  --unsure            retry: also send again what may already be there (can store it twice)
  --dry-run           migrate: the same as plan
  --strict            verify: extra mail and changed flags are findings that count
  --stop-on-hangup    end with the terminal instead of going on without it
  --verbose           on a failure also tell where in the program it came from
  -h, --help          this text
  --version           the version

Environment
  AW2MS365_HOME                  the directory of configuration and journals
  AW2MS365_SOURCE_PASSWORD       secrets; each also as …_FILE, naming a file
  AW2MS365_DESTINATION_PASSWORD
  AW2MS365_CLIENT_SECRET

Exit codes
${Object.entries(exitCodes).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`).join('\n')}
`;

const usage = (detail: string): never => {
	throw new FailureError('usage-invalid', {detail});
};

/** As it is typed: `-x`, `--stop-on-hangup`. */
const optionName = (flag: string): string => flag.length === 1 ? `-${flag}` : `--${flag.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`;

/** The known word nearest to a mistyped one, at most two edits away and with something left of it. */
const nearest = (word: string, known: readonly string[]): string | undefined => {
	const distance = (a: string, b: string): number => {
		let row = Array.from({length: b.length + 1}, (_, index) => index);
		for (let i = 1; i <= a.length; i++) {
			const next = [i];
			for (let j = 1; j <= b.length; j++) {
				next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
			}

			row = next;
		}

		return row[b.length]!;
	};

	return known.map(name => ({name, edits: distance(word, name)})).filter(({edits}) => edits <= 2 && edits < word.length - 1).sort((a, b) => a.edits - b.edits)[0]?.name;
};

/** @returns what was asked, or the help text where that was asked. @throws usage-invalid */
export const parseArguments = (argv: readonly string[]): Arguments | {readonly help: string} => {
	const cli = meow(help, {
		importMeta: import.meta,
		argv: [...argv],
		autoHelp: false,
		autoVersion: false,
		allowUnknownFlags: true,
		description: false,
		flags: {
			config: {type: 'string'},
			json: {type: 'boolean', default: false},
			plain: {type: 'boolean', default: false},
			folder: {type: 'string', isMultiple: true, default: []},
			uid: {type: 'number', isMultiple: true, default: []},
			code: {type: 'string'},
			unsure: {type: 'boolean', default: false},
			dryRun: {type: 'boolean', default: false},
			strict: {type: 'boolean', default: false},
			stopOnHangup: {type: 'boolean', default: false},
			nonInteractive: {type: 'boolean', default: false},
			input: {type: 'boolean', default: true},
			color: {type: 'boolean', default: true},
			verbose: {type: 'boolean', default: false},
			help: {type: 'boolean', shortFlag: 'h', default: false},
		},
	});
	const {flags} = cli;
	const [command, file, ...more] = cli.input;
	if (flags.help || command === undefined || command === 'help') {
		return {help: cli.help};
	}

	const known = ['config', 'json', 'plain', 'folder', 'uid', 'code', 'unsure', 'dryRun', 'strict', 'stopOnHangup', 'nonInteractive', 'input', 'color', 'verbose', 'help', 'h'];
	for (const flag of Object.keys(cli.unnormalizedFlags)) {
		const plain = flag.replaceAll(/-(?<letter>[a-z])/g, (_, letter: string) => letter.toUpperCase());
		if (!known.includes(plain)) {
			const meant = nearest(plain, known);
			usage(`there is no option ${optionName(flag)}${meant ? `; did you mean ${optionName(meant)}` : ''}`);
		}
	}

	if (!(commandNames as readonly string[]).includes(command)) {
		const meant = nearest(command, commandNames);
		usage(`there is no command "${command}"${meant ? `; did you mean "${meant}"` : ''}`);
	}

	if (more.length > 0 || (file !== undefined && flags.config !== undefined)) {
		usage('name one configuration file');
	}

	// Left out, it would mean all: not what was asked for.
	for (const [position, word] of argv.entries()) {
		const next = argv[position + 1];
		if (/^--(?:config|folder|uid|code)(?:=?$)/v.test(word) && (word.endsWith('=') || next === undefined || next === '' || next.startsWith('--'))) {
			usage(`${word.replace('=', '')} needs a value`);
		}
	}

	if (flags.uid.some(uid => !Number.isInteger(uid) || uid < 1)) {
		usage('--uid takes a whole number above 0');
	}

	const named = file ?? flags.config;
	return {
		command: command as CommandName, ...(named !== undefined && {file: named}), json: flags.json,
		folder: flags.folder, uid: flags.uid, ...(flags.code !== undefined && {code: flags.code}),
		unsure: flags.unsure, dryRun: flags.dryRun, strict: flags.strict, stopOnHangup: flags.stopOnHangup,
		nonInteractive: flags.nonInteractive, verbose: flags.verbose,
	};
};
