import {cleanText} from '../mailbox/clean.js';
import {type DnsVerdict, type Event} from '../migration/events.js';
import {left, plural} from './figures.js';
import {type Summary} from './summary.js';

type RecordEvent = Extract<Event, {readonly type: 'dns.record'}>;

const marks: Readonly<Record<DnsVerdict, string>> = {
	ok: 'ok', differs: 'differs', missing: 'missing', unknown: 'cannot be told',
};

const places = {portal: 'Portal', graph: 'Graph', powershell: 'PowerShell'} as const;

const row = (label: string, text: string): string => `      ${label.padEnd(10)}  ${cleanText(text, 1000)}`;

/** @param isKept what stands there must be mended, not replaced: it holds what only its owner knows */
const advice = ({kind, value, form, preference, ttl, where, check}: RecordEvent, isKept = false): string[] => [
	...(isKept ? [] : [row('Set', check?.suggestion ?? value ?? `${kind === 'MX' ? `preference ${preference ?? 0}, ` : ''}a name that only Microsoft can say: ${form ?? ''}`.replace('a name', kind === 'TXT' ? 'a text' : 'a name'))]),
	...where.map(({place, text}) => row(places[place], text)),
	row('TTL', `${ttl} s`),
];

const title = (step: number, {kind, name}: RecordEvent): string => `${left(String(step), 3)}  ${kind.padEnd(5)}  ${cleanText(name, 260)}`;

/** A record: what stands and how that is, where it was looked up; what to set, unless it is well. */
const recordLines = (event: RecordEvent): string[] => {
	const {check, step} = event;
	if (!check) {
		return ['', title(step, event), ...advice(event), row('Why', event.why)];
	}

	const {verdict, words, published, notes} = check;
	return [
		'',
		`${title(step, event)}  ${marks[verdict]}`,
		row('Found', words),
		...published.map(text => row('Published', text)),
		...notes.map(text => row('Note', text)),
		...(verdict === 'ok' || check.finding === 'lookup-failed' ? [] : [...advice(event, event.record === 'spf' && published.length > 0 && check.suggestion === undefined), row('Why', event.why)]),
	];
};

/** What an event of `dns` says to people, as lines of the result. Texts of DNS come from strangers: cleaned here. @param checked what is published was looked at */
export const dnsLines = (event: Event, checked: boolean): string[] => {
	if (event.type === 'dns.domain') {
		const name = event.shown === event.domain ? event.domain : `${cleanText(event.shown, 260)} (${event.domain})`;
		return [event.checked ? `What is published for ${name}, beside what ${event.cloud} wants` : `What to set for ${name} at ${event.cloud}, in this order`];
	}

	if (event.type === 'dns.record') {
		return recordLines(event);
	}

	const isShown = event.type === 'dns.action' && !checked;
	return isShown ? ['', `${left(String(event.step), 3)}  ${event.words}`, ...event.commands.map(command => row('Command', command)), row('Why', event.why)] : [];
};

/** The end of `dns`. */
export const dnsSummary = ({dns, outcome}: Summary): string[] => {
	if (!dns || outcome === 'failed' || outcome === 'interrupted') {
		return [outcome === 'interrupted' ? 'Stopped.' : 'Not finished.'];
	}

	return dns.checked
		? ['', `${plural(dns.records, 'record')}: ${(['ok', 'differs', 'missing', 'unknown'] as const).filter(verdict => dns[verdict] > 0).map(verdict => `${dns[verdict]} ${marks[verdict]}`).join(', ')}`]
		: ['', `Nothing was changed. What is published today: aw2ms365 dns ${dns.domain} --check`];
};
