import {cleanText} from '../mailbox/clean.js';
import {failures, nextStep, type Failure} from '../mailbox/failure.js';
import {type FolderPath, showPath} from '../mailbox/mailbox.js';
import {losses} from '../mailbox/losses.js';
import {type Told} from '../migration/events.js';
import {type Progress, paceOf, totalOf} from '../migration/progress.js';
import {dnsLines, dnsSummary} from './dns-lines.js';
import {doctorLines, doctorSummary} from './doctor-lines.js';
import {type Face} from './face.js';
import {
	bytes, count, duration, left, plural, rate,
} from './figures.js';
import {type Summary} from './summary.js';
import {type Terminal} from './terminal.js';

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

const name = (path: FolderPath): string => cleanText(showPath(path), 60);

/** A failure in words: what happened, the server's words, what to do. */
export const sentenceOf = (failure: Failure): string => `${failures[failure.code].sentence}${failure.detail ? ` [${failure.detail}]` : ''}`;

const verdictWord = {
	missing: 'missing at the destination', altered: 'content differs', date: 'received date differs', flags: 'flags differ', extra: 'only at the destination', moved: 'in another folder', unsure: 'unsure',
} as const;

/** How many findings are listed one by one before only their number is told. */
const mostFindings = 20;

/** By which way messages go, and what that means for them; nothing where it is as expected. */
const wayOf = ({transport, reason, messages = 0, losses: lost, mayLose}: Extract<Told, {readonly type: 'road.chosen'}>): string | undefined => {
	const way = transport.toUpperCase();
	const words = [...lost.map(loss => losses[loss].words), ...mayLose.map(loss => `perhaps ${losses[loss].words}`)].join('; ');
	const rest = words === '' ? '' : ` On this way ${words}.`;
	const said = {
		only: '', best: ` By ${way}, the best way that is open.`, closed: ` Going on by ${way}; no mail is lost.`,
		refused: ` ${plural(messages, 'refused message')} ${messages === 1 ? 'is' : 'are'} tried by ${way}.`,
	}[reason];
	return said === '' && rest === '' ? undefined : `i${said}${rest}`;
};

/** Words on stderr, one line for each real change; the summary on stdout. */
// eslint-disable-next-line complexity -- One case for each event.
const wordsFor = (event: Told, progress: Progress): string | undefined => {
	switch (event.type) {
		case 'run.started': {
			return event.command === 'dns' || event.command === 'doctor' ? undefined : `${cleanText(event.source)} → ${cleanText(event.destination)}${event.transport === 'auto' ? '' : `, via ${event.transport.toUpperCase()}`}`;
		}

		case 'road.closed': {
			if (event.failure.code === 'loss-not-allowed') {
				return `i ${event.transport.toUpperCase()} is open, and not taken: it would not carry all of each message, and nobody has allowed that.`;
			}

			return `i ${event.transport.toUpperCase()} is not open: ${sentenceOf(event.failure)}`;
		}

		case 'road.chosen': {
			return wayOf(event);
		}

		case 'survey.completed': {
			const {messages, bytes: sizes} = progress;
			const earlier = event.earlier > 0 ? `; ${count(event.earlier)} already done by earlier runs` : '';
			const predicted = [...progress.folders.values()].reduce((sum, folder) => sum + folder.predicted, 0);
			const tooLarge = predicted > 0 ? `; ${count(predicted)} too large to pass as things stand` : '';
			return `${plural(totalOf(messages), 'message')} in ${plural(progress.folders.size, 'folder')}, ${bytes(totalOf(sizes))}${earlier}; ${count(messages.remaining)} to go${tooLarge}`;
		}

		case 'folder.renamed': {
			return `i ${name(event.folder)}: the destination does not tell "${name(event.wanted)}" from a folder that another one goes to; it becomes "${name(event.destination)}"`;
		}

		case 'warning': {
			return `i ${cleanText(event.words, 1000)}`;
		}

		case 'folder.failed': {
			return `! ${name(event.folder)}: ${sentenceOf(event.failure)} The other folders go on.`;
		}

		case 'message.refused': {
			return `! ${name(event.folder)} UID ${event.uid}${event.subject ? ` "${cleanText(event.subject, 50)}"` : ''}: ${sentenceOf(event.failure)}`;
		}

		case 'message.vanished': {
			return `- ${name(event.folder)} UID ${event.uid}: vanished at the source before it was read`;
		}

		case 'pace': {
			if (event.reason === 'throttled' && event.until !== undefined) {
				return `~ The destination asked us to slow down: waiting ${duration((event.until - event.at) / 1000)}, then ${event.lanes === 1 ? 'one' : count(event.lanes)} at a time. No mail is lost.`;
			}

			return undefined;
		}

		case 'notice': {
			const {type, side, wait, detail} = event.notice;
			const who = side === 'source' ? 'the source' : 'the destination';
			if (type === 'reconnecting') {
				const next = wait ? ` in ${duration(wait / 1000)}` : '';
				return event.notice.code === 'host-unreachable' ? `~ ${capital(who)} does not answer; trying again${next}.` : `~ The connection to ${who} broke off; reconnecting${next}. No mail is lost.`;
			}

			if (type === 'waiting') {
				return `~ ${capital(who)} cannot serve us at the moment${detail ? ` [${detail}]` : ''}; trying again${wait ? ` in ${duration(wait / 1000)}` : ''}. No mail is lost.`;
			}

			if (type === 'throttled' || type === 'fewer-connections') {
				return `~ ${capital(who)} ${type === 'throttled' ? 'asked us to slow down' : 'takes fewer connections'}${detail ? ` [${detail}]` : ''}. No mail is lost.`;
			}

			return undefined;
		}

		case 'stopping': {
			if (event.underWay === 0) {
				return 'Stopping. What is done stays done.';
			}

			return 'Stopping: what is under way is finished first, 15 s at most; Ctrl-C again stops at once. What is done stays done.';
		}

		case 'run.failed': {
			return `! ${sentenceOf(event.failure)}\n  ${nextStep(event.failure, progress.names)}`;
		}

		case 'verify.finding': {
			const {extra, flags, ...listed} = progress.findings;
			const nth = Object.values(listed).reduce((sum, number) => sum + number, 0);
			if (event.kind === 'extra' || event.kind === 'flags' || nth > mostFindings + 1) {
				return undefined;
			}

			return nth > mostFindings ? '! … and more; "aw2ms365 verify --json" names each.' : `! ${name(event.folder)} UID ${event.uid}: ${verdictWord[event.kind]}${event.detail ? ` (${cleanText(event.detail)})` : ''}`;
		}

		case 'phase':
		case 'folder.surveyed':
		case 'folder.ignored':
		case 'folder.completed':
		case 'message.delivered':
		case 'message.already-there':
		case 'message.unsure':
		case 'message.not-stored':
		case 'message.reopened':
		case 'message.retrying':
		case 'message.predicted':
		case 'paused':
		case 'resumed':
		case 'verify.folder':
		case 'failure':
		case 'configuration.written':
		case 'dns.domain':
		case 'dns.record':
		case 'dns.action':
		case 'doctor.check':
		case 'doctor.transport':
		case 'run.ended': {
			return undefined;
		}
	}
};

const progressLine = (progress: Progress, now: number): string => {
	const {messages} = progress;
	const total = totalOf(messages);
	const done = total - messages.remaining;
	const pace = paceOf(progress, now);
	const waiting = progress.waitUntil > now ? `   waiting ${duration((progress.waitUntil - now) / 1000)} for the destination` : '';
	const leftOver = pace.secondsLeft === undefined || waiting ? '' : `   about ${duration(pace.secondsLeft)} left`;
	const refused = messages.refused > 0 ? `   ${count(messages.refused)} refused` : '';
	const unsure = messages.unsure > 0 ? `   ${count(messages.unsure)} unsure, being looked for` : '';
	return `${left(total === 0 ? '' : `${Math.floor(done * 100 / total)} %`, 5)}  ${count(done)} of ${count(total)}   ${bytes(progress.bytes.delivered + progress.bytes.alreadyThere)}   ${rate(pace.messages)}/s${leftOver}${refused}${unsure}${waiting}`;
};

/** How long the progress stays unsaid where it cannot replace itself, by how long the run has gone on; seconds. */
const silence = (elapsed: number): number => elapsed < 60 ? 3 : (elapsed < 600 ? 15 : 60);

export const plainFace = (terminal: Terminal, progress: Progress): Face => {
	let last = 0;
	let said: string | undefined;
	return {
		hear(event) {
			const words = wordsFor(event, progress);
			if (words && words !== said) {
				said = words;
				terminal.say(words);
			}

			for (const line of [...dnsLines(event, progress.dns?.checked === true), ...doctorLines(event, terminal.columns)]) {
				terminal.result(line);
			}
		},
		tick(now) {
			const working = progress.phase === 'migrating' || progress.phase === 'settling';
			if (!working) {
				return;
			}

			if (terminal.live) {
				if (now - last >= 1000) {
					last = now;
					terminal.replace(progressLine(progress, now));
				}
			} else if (now - last >= silence((now - progress.startedAt) / 1000) * 1000) {
				last = now;
				terminal.say(progressLine(progress, now));
			}
		},
		finish(summary) {
			for (const line of summaryLines(summary)) {
				terminal.result(line);
			}
		},
	};
};

/** What keeps a run from being complete, each with its number. */
const shortfalls = ({messages, folders, verification}: Summary): string[] => {
	const {missing = 0, altered = 0, date = 0} = verification?.findings ?? {};
	const parts: ReadonlyArray<readonly [number, string]> = [
		[messages.refused, 'refused message'],
		[messages.unsure, 'unsure message'],
		[messages.remaining - messages.unsure, 'remaining message'],
		[folders.filter(folder => folder.failure).length, 'failed folder'],
		[missing, 'missing message'],
		[altered, 'altered message'],
		[date, 'changed date'],
	];
	return parts.filter(([number]) => number > 0).map(([number, noun]) => plural(number, noun));
};

const headline = (summary: Summary): string => {
	const {outcome, command, failure} = summary;
	if (failure) {
		return `Not finished. ${failure.sentence}`;
	}

	if (command === 'status' || command === 'failures') {
		return 'On record:';
	}

	const verb = command === 'verify' ? 'Verified' : 'Finished';
	switch (outcome) {
		case 'complete': {
			return `${verb}.`;
		}

		case 'partial': {
			const parts = shortfalls(summary);
			return parts.length > 0 ? `${verb} with ${parts.join(', ')}.` : `${verb}, not everything is well.`;
		}

		case 'interrupted': {
			return 'Stopped. The same command carries on; what is done stays done.';
		}

		case 'failed': {
			return 'Not finished.';
		}
	}
};

/** The end, for people: verdict, sums that close, what to do next. */
export const summaryLines = (summary: Summary): string[] => {
	if (summary.command === 'dns') {
		return dnsSummary(summary);
	}

	if (summary.command === 'doctor') {
		return doctorSummary(summary);
	}

	const {messages, thisRun, seconds} = summary;
	const lines = [`${headline(summary)}  ${cleanText(summary.source)} → ${cleanText(summary.destination)}${summary.transport === 'auto' ? '' : `, via ${summary.transport.toUpperCase()}`}`];
	const fates = [
		[messages.delivered, 'delivered'], [messages.alreadyThere, 'already there'], [messages.excluded, 'excluded'], [messages.refused, 'refused'], [messages.vanished, 'vanished at the source'], [messages.remaining, 'remaining'],
	].filter(([number]) => number !== 0).map(([number, word]) => `${count(number as number)} ${word}`);
	// Where it failed before anything was counted, a nought would not be true.
	if (messages.total > 0 || !summary.failure) {
		lines.push(`  ${plural(messages.total, 'message')}${fates.length > 0 ? `: ${fates.join(', ')}` : ''}`);
	}

	if (messages.lossy > 0) {
		lines.push(`  ${count(messages.lossy)} of those delivered lost something on the way${summary.roads.some(({transport, delivered}) => transport === 'graph-json' && delivered > 0) ? ': by GRAPH-JSON their original form' : ' (keywords or the like)'}`);
	}

	if (messages.altered > 0) {
		lines.push(`  ${count(messages.altered)} of those already there: left by another tool, not as it should be (received date, draft)`);
	}

	if (messages.unsure > 0) {
		lines.push(`  ${count(messages.unsure)} of those remaining may be there already: the next run looks before it sends anything`);
	}

	if (thisRun.delivered > 0) {
		lines.push(`  This run: ${count(thisRun.delivered)} delivered, ${bytes(thisRun.bytes)} in ${duration(seconds)}, ${rate(thisRun.delivered / Math.max(seconds, 0.1))}/s${thisRun.earlier > 0 ? `; ${count(thisRun.earlier)} already done by earlier runs` : ''}`);
	} else if (thisRun.earlier > 0 && summary.command !== 'status') {
		lines.push(`  This run: nothing new to deliver; ${count(thisRun.earlier)} already done by earlier runs`);
	}

	if (summary.verification) {
		const {compared, equal, findings} = summary.verification;
		const found = Object.entries(findings).filter(([, number]) => number > 0).map(([kind, number]) => `${count(number)} ${verdictWord[kind as keyof typeof verdictWord]}`);
		lines.push(`  Verified: ${count(compared)} compared, ${count(equal)} equal${found.length > 0 ? `; ${found.join(', ')}` : ''}`);
	}

	const names = {mailbox: summary.destination};
	const failed = summary.folders.flatMap(({path, failure}) => failure ? [`  ${name(path)}: ${sentenceOf(failure)} ${nextStep(failure, names)}`] : []);
	lines.push(...failed);
	for (const {count: number, sentence, next} of summary.refused) {
		lines.push(`  ${count(number)} × ${sentence} ${next}`);
	}

	if (summary.command === 'demo') {
		lines.push('  Next    aw2ms365 init --non-interactive     writes a configuration to fill in', '          aw2ms365 plan                       shows what would happen to your own mailbox');
	} else if (messages.refused > 0 && summary.command !== 'failures' && summary.command !== 'plan') {
		lines.push('  Next    aw2ms365 failures     what was refused and why', '          aw2ms365 retry        tries the refused messages again');
	}

	return lines;
};
