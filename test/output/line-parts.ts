import * as z from 'zod';
import {failures, type FailureCode} from '../../source/mailbox/failure.js';
import {roles} from '../../source/mailbox/mailbox.js';
import {fates} from '../../source/migration/facts.js';

/** What several lines have in common. An `id` makes a part a definition of its own in the JSON Schema. */

export const count = z.int().nonnegative();

export const time = z.iso.datetime().meta({id: 'time', description: 'RFC 3339, UTC'});

export const path = z.array(z.string()).meta({id: 'path', description: 'A folder: its names from the root down, as the server has them; any character may stand in a name'});

export const uid = z.int().positive().max((2 ** 32) - 1).meta({id: 'uid', description: 'IMAP UID'});

export const role = z.enum(roles);

export const transport = z.enum(['imap', 'ews', 'graph', 'graph-json']);

export const outcome = z.enum(['complete', 'partial', 'interrupted', 'failed']);

export const phase = z.enum(['signing-in', 'surveying', 'migrating', 'settling', 'verifying', 'finished']);

export const exclusionRule = z.enum(['marked-deleted', 'by-hand', 'folder-skipped', 'not-mail']);

export const fate = z.enum(fates);

const tallyFields = {
	delivered: count, alreadyThere: count, excluded: count, refused: count, vanished: count,
	remaining: count.describe('Without a fate yet'),
	lossy: count.describe('Of those delivered: something did not survive'),
	altered: count.describe('Of those already there: another tool put them there, and not as they should be'),
	unsure: count.describe('Of those remaining: sent, and the answer was lost'),
};

export const tally = z.object(tallyFields).meta({id: 'tally', description: 'Messages, or their bytes, by fate'});

export const sums = z.object({total: count.describe('The sum of the six after it'), ...tallyFields}).meta({id: 'sums', description: 'Messages, or their bytes, by fate, with their total'});

export const code = z.enum(Object.keys(failures) as FailureCode[]).meta({id: 'code', description: 'The cause of a failure'});

const failureFields = {
	code,
	reach: z.enum(['message', 'folder', 'mailbox', 'run']).describe('How far it reaches'),
	retry: z.enum(['now', 'later', 'never']).describe('When trying again makes sense'),
	outcome: z.enum(['not stored', 'unknown']).describe('Whether the destination may hold what was being delivered'),
	detail: z.string().optional().describe('The words of the server or the system'),
	wait: count.optional().describe('Milliseconds that the server asked us to wait'),
	next: z.string().optional().describe('What to do next, where more is known than the code says'),
};

export const failure = z.object(failureFields).meta({id: 'failure'});

export const sentence = z.string().describe('What happened, for people');

export const next = z.string().describe('What to do next, for people');

export const failureInWords = z.object({...failureFields, sentence, next});

export const findingKind = z.enum(['missing', 'altered', 'date', 'flags', 'extra', 'moved', 'unsure']);

const findings = z.object({
	missing: count, altered: count, date: count, flags: count, extra: count, moved: count, unsure: count,
});

export const verification = z.object({compared: count, equal: count, findings}).meta({id: 'verification', description: 'Messages compared, those equal in everything, and findings by kind'});

/** Records of `dns` by verdict. */
export const dnsVerdicts = {
	ok: count, differs: count, missing: count, unknown: count.describe('Cannot be told from outside, or could not be looked up'),
};

export const dnsCheck = z.object({
	verdict: z.enum(['ok', 'differs', 'missing', 'unknown']),
	finding: z.string().describe('What exactly was found, in one word such as mx-workmail'),
	words: z.string().describe('The same for people'),
	published: z.array(z.string()).describe('What holds, as DNS has it; written by strangers'),
	suggestion: z.string().optional().describe('What to put there instead, where that can be told'),
	notes: z.array(z.string()).describe('What else to know: servers that say otherwise, and the like'),
	servers: z.array(z.object({
		server: z.string(), isZones: z.boolean().describe('One of the zone\'s own: what it says is published, what others say is remembered'),
		answer: z.enum(['found', 'no-name', 'no-data', 'timeout', 'servfail', 'refused', 'unreachable', 'nonsense']), values: z.array(z.string()),
	})),
}).meta({id: 'dnsCheck', description: 'What is published, beside what is wanted'});

/** Checks of `doctor` by verdict. */
export const doctorVerdicts = {
	ok: count, warning: count, failed: count, skipped: count, unknown: count,
};

export const doctorVerdict = z.enum(['ok', 'warning', 'failed', 'skipped', 'unknown']).meta({id: 'doctorVerdict', description: 'unknown: only a probe message would tell; skipped: it needs what another check did not find, or is not for these settings'});
