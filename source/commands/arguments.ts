import meow from 'meow';
import {type Transport} from '../mailbox/destination.js';
import {FailureError} from '../mailbox/failure.js';
import {transports} from '../mailbox/road.js';
import {exitCodes} from '../output/exit-code.js';
import {fitted} from '../output/fitted.js';

export const commandNames = ['init', 'doctor', 'plan', 'migrate', 'status', 'failures', 'retry', 'verify', 'dns', 'demo'] as const;

export type CommandName = typeof commandNames[number];

export type Arguments = {
	readonly command: CommandName;
	/** The configuration file, where one was named. */
	readonly file?: string;
	/** `dns`: the domain, where one was named. */
	readonly domain?: string;
	readonly check: boolean;
	/** Name servers: `host`, or `host:port`. */
	readonly resolver: readonly string[];
	readonly cloud?: string;
	readonly json: boolean;
	readonly folder: readonly string[];
	readonly uid: readonly number[];
	readonly code?: string;
	readonly unsure: boolean;
	readonly altered: boolean;
	/** Instead of the configuration's. */
	readonly transport?: Transport | 'auto';
	readonly allowLoss: boolean;
	/** `doctor`: a test message may be sent. */
	readonly probe: boolean;
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
  $ aw2ms365 doctor                        check everything a run needs
  $ aw2ms365 plan                          show what would happen
  $ aw2ms365 migrate                       do it; the same command again carries on

Commands
  init       write a commented configuration (--non-interactive)
  doctor     check everything a run needs; --probe sends a test message
  plan       survey both sides and show what migrate would do; writes nothing
  migrate    run or resume; later runs carry over what is new
  status     what the journal says; no network
  failures   refused messages by cause
  retry      try refused messages again: all, or --folder, --uid, --code
  verify     compare both sides message by message; never writes
  dns        the DNS records to set for [domain], in order; --check: what is set today
  demo       all of it against servers in this process, without any account

Options
  --config FILE       the configuration, instead of naming it after the command
  --json              one JSON object a line on stdout; the last is "summary"
  --plain             plain lines (what it does anyway today)
  --folder PATH       retry, failures: only this source folder; may be repeated
  --uid N             retry: only this message of the folder; may be repeated
  --code CODE         retry, failures: only this cause
  --unsure            retry: also send again what may already be there (can store it twice)
  --altered           retry: what another tool left there as a draft or with a wrong date, once it is deleted there
  --transport NAME    auto, ews, imap, graph or graph-json, instead of the
                      configuration's
  --allow-loss        take a way that does not carry all of each message, if
                      no other is open
  --probe             doctor: put a test message into a hidden folder, and delete it
  --dry-run           migrate: the same as plan
  --strict            verify: extra mail and changed flags are findings that count
  --check             dns: compare with what is published
  --resolver HOST     dns: ask this name server (HOST:PORT) only; may be repeated
  --cloud NAME        dns: global, gcc-high, dod or china, instead of the configuration's
  --stop-on-hangup    end with the terminal instead of going on without it
  --verbose           on a failure also tell where in the program it came from
  -h, --help          this text
  --version           the version

Environment
  AW2MS365_HOME                  the directory of configuration and journals
  AW2MS365_SOURCE_PASSWORD       secrets; each also as …_FILE, naming a file
  AW2MS365_DESTINATION_PASSWORD
  AW2MS365_CLIENT_SECRET
  AW2MS365_CERTIFICATE_PASSPHRASE

Exit codes
${Object.entries(exitCodes).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`).join('\n')}
`;

/** Of the help text: what a terminal has, less meow's indentation. */
const columns = 78;

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

/** After `dns` a domain may stand, or a configuration as after every command: YAML, or a path. */
const namesFile = (text: string): boolean => /[\/\\]|\.ya?ml$/iv.test(text);

/** @returns what was asked, or the help text where that was asked. @throws usage-invalid */
export const parseArguments = (argv: readonly string[]): Arguments | {readonly help: string} => {
	const cli = meow(fitted(help, columns), {
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
			altered: {type: 'boolean', default: false},
			check: {type: 'boolean', default: false},
			resolver: {type: 'string', isMultiple: true, default: []},
			cloud: {type: 'string'},
			transport: {type: 'string'},
			allowLoss: {type: 'boolean', default: false},
			probe: {type: 'boolean', default: false},
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

	const known = ['config', 'json', 'plain', 'folder', 'uid', 'code', 'unsure', 'altered', 'check', 'resolver', 'cloud', 'transport', 'allowLoss', 'probe', 'dryRun', 'strict', 'stopOnHangup', 'nonInteractive', 'input', 'color', 'verbose', 'help', 'h'];
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

	const isDomain = command === 'dns' && file !== undefined && !namesFile(file);
	if (more.length > 0 || (file !== undefined && flags.config !== undefined && !isDomain)) {
		usage(command === 'dns' ? 'name one domain' : 'name one configuration file');
	}

	// Left out, it would mean all: not what was asked for.
	for (const [position, word] of argv.entries()) {
		const next = argv[position + 1];
		if (/^--(?:config|folder|uid|code|resolver|cloud|transport)(?:=?$)/v.test(word) && (word.endsWith('=') || next === undefined || next === '' || next.startsWith('--'))) {
			usage(`${word.replace('=', '')} needs a value`);
		}
	}

	if (flags.uid.some(uid => !Number.isInteger(uid) || uid < 1)) {
		usage('--uid takes a whole number above 0');
	}

	const transport = [...transports, 'auto' as const].find(name => name === flags.transport);
	if (flags.transport !== undefined && transport === undefined) {
		usage(`--transport takes auto, ${transports.join(', ')}`);
	}

	const named = isDomain ? flags.config : file ?? flags.config;
	return {
		command: command as CommandName, ...(named !== undefined && {file: named}), json: flags.json,
		...(isDomain && {domain: file}), check: flags.check, resolver: flags.resolver, ...(flags.cloud !== undefined && {cloud: flags.cloud}),
		folder: flags.folder, uid: flags.uid, ...(flags.code !== undefined && {code: flags.code}),
		...(transport && {transport}), allowLoss: flags.allowLoss, probe: flags.probe, unsure: flags.unsure, altered: flags.altered, dryRun: flags.dryRun, strict: flags.strict, stopOnHangup: flags.stopOnHangup,
		nonInteractive: flags.nonInteractive, verbose: flags.verbose,
	};
};
