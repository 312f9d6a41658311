import * as z from 'zod';
import {type Loss, losses} from '../../source/mailbox/losses.js';
import {type Envelope, type EventLine, type ProgressLine} from '../../source/output/ndjson.js';
import {type Summary} from '../../source/output/summary.js';
import {
	code, count, dnsCheck, dnsVerdicts, doctorVerdict, doctorVerdicts, exclusionRule, failure, failureInWords, fate, findingKind, next, outcome, path, phase, role, sentence, sums, tally, time, transport, uid, verification,
} from './line-parts.js';

/**
Every line that `--json` writes. docs/events.schema.json is made from this: after a change,
`npx vitest run test/output/line-schema.test.ts --update`.

Here and not under source/: the program does not check what it writes itself, so none of this is to be loaded or packed.
That the schemas say what the program's types say is checked by the compiler, at the end of this file.
*/

const at = {folder: path.describe('Of the source'), uid};
const bytes = count.describe('Size of the message');
const loss = z.enum(Object.keys(losses) as [Loss, ...Loss[]]);
const open = z.enum(['remaining', 'unsure']).describe('The state it leaves');
const subject = z.string().optional();
const sender = z.string().optional();
const attempts = z.int().positive();
const step = z.int().positive().describe('From 1, in the order in which things are to be done');

const envelope = {
	v: z.literal(1).describe('Version of this format'),
	seq: count.describe('Numbers the lines from 0 without gaps; "progress" has the number of the line before it'),
	at: time,
	run: z.string().min(1).describe('Equal in all lines of one run'),
};

const line = <Type extends string, Fields extends z.ZodRawShape>(type: Type, description: string, fields: Fields) => z.object({...envelope, type: z.literal(type), ...fields}).describe(description);

const lines = [
	line('run.started', 'Once, first.', {
		command: z.string(), version: z.string(), source: z.string(), destination: z.string(), transport: z.union([transport, z.literal('auto')]).describe('"auto": "road.chosen" tells which'),
		application: z.object({tenantId: z.string(), clientId: z.string()}).optional().describe('What a tenant of Microsoft 365 is opened with'),
	}),
	line('road.closed', 'A way in was tried and is not open, or closed while it was used; another one is tried.', {transport, failure}),
	line('road.chosen', 'By which way messages go from here on.', {
		transport, reason: z.enum(['only', 'best', 'closed', 'refused']).describe('It is the only one there is; the best that is open; the one before closed; the one before refused some messages, which are tried by it'),
		messages: count.optional().describe('How many are tried, where the one before refused them'),
		losses: z.array(loss).describe('What it does not carry'), mayLose: z.array(loss).describe('What it may not carry: only a probe would tell'),
	}),
	line('phase', 'The run came to another part of its work.', {phase}),
	line('folder.surveyed', 'A folder was listed, and where its mail goes is known. Said again, it replaces what was said of the folder.', {
		folder: path, destination: path, role: role.optional(), reasons: z.array(z.string()).describe('Why it goes there, in single words'),
		explanation: z.string().optional().describe('The same for people'), exists: z.boolean().describe('Whether the destination folder is there already'),
		excluded: exclusionRule.optional().describe('The rule by which the whole folder stays behind'), messages: tally, bytes: tally,
		predicted: count.describe('Messages that will be refused as things stand: too large'),
	}),
	line('folder.renamed', 'The destination holds the wanted name equal to one that is taken: the folder goes elsewhere than was said.', {
		folder: path, destination: path, wanted: path, reason: z.string(),
	}),
	line('warning', 'Something in the configuration that has no effect, or one that you may not expect.', {words: z.string()}),
	line('folder.ignored', 'A folder of the source that holds no mail.', {folder: path, kind: z.enum(['container', 'not-mail'])}),
	line('survey.completed', 'All folders were listed: totals are complete.', {earlier: count.describe('Messages that had their fate before this run')}),
	line('message.delivered', 'A message is at the destination.', {
		...at, bytes, from: open, lost: z.array(z.string()).optional().describe('What did not survive, such as keyword:$Label1'),
	}),
	line('message.already-there', 'A message was found at the destination, equal in content and received date, or had been delivered from another folder before it was moved at the source.', {
		...at, bytes, from: open, altered: z.array(z.string()).optional().describe('What is not there as it should be, as another tool put it there: received (date), draft (state)'), supersedes: z.object({
			...at, state: z.enum(['delivered', 'already-there']), lossy: z.boolean().describe('It was counted as lossy or, already there, as altered'),
		}).optional().describe('Its earlier place, which no longer counts'),
	}),
	line('message.refused', 'A message could not be delivered; "failures" lists it, "retry" tries it again.', {
		...at, bytes, from: open, failure, subject, sender, attempts,
	}),
	line('message.vanished', 'A message is no longer at the source.', {...at, bytes, from: z.enum(['remaining', 'unsure', 'refused'])}),
	line('message.unsure', 'A message was sent and the answer lost. It will be looked for before it is sent again.', {...at, bytes, failure}),
	line('message.not-stored', 'An unsure message was looked for and is not there: it will be sent again.', {...at, bytes}),
	line('message.reopened', 'A message lost its fate: it will be tried again.', {
		...at, bytes, from: fate, code: code.optional().describe('By what it was refused in this run, where another way is tried'),
	}),
	line('message.retrying', 'A message failed and will be tried again in this run.', {...at, failure, attempt: z.int().positive()}),
	line('message.predicted', 'As things stand a message will be refused: found when its folder was surveyed, before anything is sent. Changes no sum.', {
		...at, bytes, limit: count.describe('Bytes; it is larger'), receivedAt: time, failure, subject, sender,
	}),
	line('folder.failed', 'A folder cannot go on in this run; the others do.', {folder: path, failure}),
	line('folder.completed', 'Nothing of a folder remains.', {folder: path}),
	line('pace', 'How many deliveries at once, and why.', {
		lanes: count, reason: z.enum(['start', 'calm', 'throttled', 'asked']), until: time.optional().describe('Nothing is sent before'),
	}),
	z.object({...envelope, type: z.enum(['paused', 'resumed']), folder: path.optional().describe('Absent: the whole run')}).describe('Deliveries were halted, or go on.'),
	line('stopping', 'A stop was asked for: no new work is taken, what is under way is finished.', {underWay: count.describe('Deliveries at once that may still be under way')}),
	line('notice', 'A fact about the connections. Nothing needs to be done.', {
		notice: z.object({
			type: z.enum(['connected', 'reconnecting', 'throttled', 'waiting', 'fewer-connections']), side: z.enum(['source', 'destination']),
			wait: count.optional().describe('Milliseconds until the next try'), code: z.string().optional(), detail: z.string().optional(),
		}),
	}),
	line('configuration.written', '"init" wrote a configuration to fill in.', {file: z.string()}),
	line('dns.domain', 'The domain that "dns" is about.', {
		domain: z.string().describe('In ASCII'), shown: z.string().describe('For people'), cloud: z.string(), checked: z.boolean().describe('Whether what is published was looked at (--check)'),
	}),
	line('dns.record', 'A record to set, in the order of operations; with "check" what is published and how that is.', {
		step, record: z.string().describe('verification, spf, dkim-selector1, dkim-selector2, mx, autodiscover or dmarc'), name: z.string().describe('Whole, in ASCII'), kind: z.enum(['MX', 'TXT', 'CNAME']),
		value: z.string().optional().describe('What to put there, where that is known'), form: z.string().optional().describe('What it looks like, where only Microsoft knows it'),
		preference: count.optional().describe('Of MX'), ttl: count.describe('Seconds'), why: z.string(),
		where: z.array(z.object({place: z.enum(['portal', 'graph', 'powershell']), text: z.string()})).describe('Where Microsoft shows the value'), check: dnsCheck.optional(),
	}),
	line('dns.action', 'Something to do between two records.', {
		step, words: z.string(), why: z.string(), commands: z.array(z.string()),
	}),
	line('doctor.check', 'One check of "doctor".', {
		id: z.string().describe('Never renamed: docs/doctor.md lists them'), verdict: doctorVerdict, words: z.string().describe('What was found, for people'),
		failure: failure.optional(), next: z.string().optional().describe('The remedy; each command stands on a line of its own'),
	}),
	line('doctor.transport', 'The end of "doctor": how a migration would come into the mailbox.', {
		transport: transport.optional().describe('Absent where no way is open'), otherwise: transport.optional().describe('The next one, where only a probe tells whether the first takes mail'), why: z.string(),
		loses: z.array(loss).describe('What it does not carry'), mayLose: z.array(loss).describe('What it may not carry either: only a probe tells'),
		estimate: z.object({
			messages: count, bytes: count, hours: z.number().nonnegative(), documented: z.boolean().describe('By a limit that Microsoft publishes; else it is assumed'), words: z.string(),
		}).optional().describe('At the services\' limits, for what the source holds'),
	}),
	line('run.failed', 'Something beyond a message or folder ends the run.', {failure}),
	line('verify.finding', 'A message that is not equal on both sides.', {
		kind: findingKind, folder: path, destination: path, uid: uid.describe('At the source; for "extra" at the destination'), detail: z.string().optional(),
	}),
	line('verify.folder', 'A folder was compared.', {folder: path, destination: path, ...verification.shape}),
	line('failure', 'One refused message on record, from "failures".', {
		...at, failure, sentence, next, bytes, receivedAt: time, refusedAt: time, subject, sender, attempts, command: z.string().describe('What tries it again'),
		roads: z.array(transport).optional().describe('By which ways it was tried'),
	}),
	line('progress', 'How far the run is, at most once a second. May be dropped.', {
		phase, messages: sums, bytes: count.describe('Delivered, over all runs'), bytesTotal: count.describe('Of all messages, whatever their fate'),
		rate: z.object({messages: z.number().nonnegative(), bytes: count}).describe('A second, over the last minute'),
		secondsLeft: count.optional().describe('Absent where no credible figure exists'), lanes: count, waitingUntil: time.optional().describe('The destination asked for a pause'),
	}),
	line('summary', 'Once, last, however the run ended.', {
		command: z.string(), outcome, exitCode: count, source: z.string(), destination: z.string(), transport: z.string(),
		roads: z.array(z.object({
			transport, delivered: count.describe('By this run'), closed: code.optional().describe('Why it was not, or no longer, open'),
		})).describe('The ways that this run tried, in that order'),
		messages: sums, bytes: count.describe('Delivered, over all runs'), bytesByFate: sums, seconds: z.number().nonnegative().describe('This run took'),
		thisRun: z.object({delivered: count, bytes: count, earlier: count.describe('Messages that had their fate before this run')}),
		folders: z.array(z.object({
			folder: z.string().describe('The path for people and for --folder'), path, destination: path, messages: sums, bytes: count.describe('Delivered'),
			failure: failure.optional(), verification: verification.optional(),
		})),
		refused: z.array(z.object({
			code, count, sentence, next,
		})).describe('Refused by this run, by cause'),
		dns: z.object({
			domain: z.string(), cloud: z.string(), checked: z.boolean(), records: count, ...dnsVerdicts,
		}).optional().describe('Of "dns": records, and how many stand how where they were looked up'),
		doctor: z.object({transport: z.string().optional(), ...doctorVerdicts}).optional().describe('Of "doctor": how many checks went how, and the way that a migration would take'),
		failure: failureInWords.optional().describe('What ended the run'), file: z.string().optional().describe('What "init" wrote'), verification: verification.optional(),
	}),
] as const;

/** One line of stdout. Unknown fields are allowed: they may be added (docs/headless.md). */
export const lineSchema = z.discriminatedUnion('type', lines);

/** The type of every line, with the sentence that says when it comes. */
export const lineTypes: ReadonlyArray<{readonly type: string; readonly description: string}> = lines.flatMap(schema => [schema.shape.type].flatMap(({def}) => 'values' in def ? def.values : Object.values(def.entries)).map(type => ({type, description: schema.description ?? ''})));

/** What is published as docs/events.schema.json. */
export const jsonSchema = (): unknown => ({
	title: 'A line of "aw2ms365 --json"',
	...z.toJSONSchema(lineSchema, {io: 'input'}),
});

/* The schemas and the types of the program agree, in both directions: else this does not compile, and names the lines that differ. */
type Plain<Value> = Value extends ReadonlyArray<infer Item> ? Array<Plain<Item>> : (Value extends Record<string, unknown> ? {-readonly [Key in keyof Value]: Plain<Value[Key]>} : Value);
type ByType<Line extends {readonly type: string}> = {[One in Line as One['type']]: Plain<One>};
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
type Described = ByType<z.input<typeof lineSchema>>;
type Written = ByType<Envelope & (EventLine | ProgressLine | Summary)>;
type Differing = {[Type in keyof Described ]: Type extends keyof Described ? (Equal<Described[Type], Written[Type]> extends true ? never : Type) : Type}[keyof Described ];
export const differing: [Differing] extends [never] ? 'none' : Differing = 'none';
