import {cleanText} from '../mailbox/clean.js';
import {losses} from '../mailbox/losses.js';
import {type DoctorVerdict, type Event} from '../migration/events.js';
import {duration, plural} from './figures.js';
import {type Summary} from './summary.js';
import {isCommand} from './terminal.js';

const marks: Readonly<Record<DoctorVerdict, string>> = {
	ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: 'skipped', unknown: 'unknown',
};

/** Of a verdict, and of a check's name. */
const widths = {mark: 9, name: 25};

/** Checks that begin a group of their own. */
const first = new Set(['source.reach', 'destination.reach', 'login.reach', 'road.ews', 'transport']);

/** Broken between words, each row indented; a longer word stays whole. */
const wrap = (text: string, columns: number, indent: string): string[] => {
	const rows: string[] = [];
	let row = '';
	for (const word of text.split(' ')) {
		if (row !== '' && indent.length + row.length + 1 + word.length > columns) {
			rows.push(`${indent}${row}`);
			row = word;
		} else {
			row = row === '' ? word : `${row} ${word}`;
		}
	}

	return [...rows, `${indent}${row}`];
};

/** The longest line that is read with ease. */
const widest = 100;

const indent = ' '.repeat(widths.mark);

const checkLines = ({id, verdict, words, next}: Extract<Event, {readonly type: 'doctor.check'}>, columns: number): string[] => {
	const head = `${marks[verdict].padEnd(widths.mark)}${id}`;
	const beside = `${marks[verdict].padEnd(widths.mark)}${id.padEnd(widths.name)}${cleanText(words, 1500)}`;
	return [
		...(first.has(id) ? [''] : []),
		...(beside.length <= columns ? [beside] : [head, ...wrap(cleanText(words, 1500), columns, indent)]),
		...(next ?? '').split('\n').filter(Boolean).flatMap((line, index) => isCommand(line) && index > 0
			? [`${indent}    ${cleanText(line, 1000)}`]
			: wrap(`${index === 0 ? '→ ' : ''}${cleanText(line, 2000)}`, columns, indent)),
	];
};

const row = (label: string, text: string, columns: number): string[] => {
	const [head, ...rest] = wrap(cleanText(text, 1500), columns, ' '.repeat(widths.mark));
	return [`${label.padEnd(widths.mark)}${head!.slice(widths.mark)}`, ...rest];
};

const transportLines = ({transport, loses, mayLose, estimate}: Extract<Event, {readonly type: 'doctor.transport'}>, columns: number): string[] => transport === undefined
	? []
	: [
		...(loses.length === 0 && mayLose.length === 0 ? row('loses', 'nothing that is known of', columns) : []),
		...loses.flatMap((loss, index) => row(index === 0 ? 'loses' : '', losses[loss].words, columns)),
		...mayLose.flatMap((loss, index) => row(index === 0 ? 'may lose' : '', `${losses[loss].words}: only a test message tells`, columns)),
		...(estimate ? row('takes', `${estimate.hours <= 0.1 ? 'a few minutes' : `about ${duration(estimate.hours * 3600)}`}; ${estimate.words}`, columns) : []),
	];

/** What an event of `doctor` says to people, as lines of the result. */
export const doctorLines = (event: Event, columns: number): string[] => {
	const width = Math.min(widest, Math.max(40, columns));
	if (event.type === 'doctor.check') {
		return checkLines(event, width);
	}

	return event.type === 'doctor.transport' ? transportLines(event, width) : [];
};

/** The end of `doctor`. */
export const doctorSummary = ({doctor, outcome, failure}: Summary): string[] => {
	if (!doctor || failure !== undefined || outcome === 'interrupted') {
		return [outcome === 'interrupted' ? 'Stopped.' : 'Not finished.'];
	}

	const {failed, warning, unknown} = doctor;
	const more = [...(warning > 0 ? [plural(warning, 'warning')] : []), ...(unknown > 0 ? [`${unknown} unknown`] : [])].join(', ');
	return failed > 0
		? ['', `Not ready: ${plural(failed, 'check')} failed${more ? ` (${more})` : ''}. Mend from the top; what is below may follow from it.`]
		: ['', `Ready${more ? ` (${more})` : ''}.`, '  Next    aw2ms365 plan     shows what a migration would do; writes nothing'];
};
