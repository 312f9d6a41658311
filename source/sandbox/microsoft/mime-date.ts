const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Hours from UTC of the zones with names (RFC 5322 4.3). */
const zones: Readonly<Record<string, number>> = {
	/* eslint-disable @typescript-eslint/naming-convention -- names of zones */
	UT: 0, GMT: 0, UTC: 0, Z: 0, EST: -5, EDT: -4, CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7,
	/* eslint-enable @typescript-eslint/naming-convention */
};

const form = /^(?:[A-Za-z]{3,9}\.?,?\s+)?(?<day>\d{1,2})[\s\-]+(?<month>[A-Za-z]{3})[a-z]{0,6}[\s\-,]+(?<year>\d{2,4})[\s,]+(?<hour>\d{1,2})[:.](?<minute>\d{1,2})(?:[:.](?<second>\d{1,2}))?(?:\.\d{1,9})?\s*(?<half>[ap]m\b)?\s*(?<zone>[+\-]\s?\d{1,4}|[A-Za-z]{1,5})?/iv;

const offsetOf = (zone: string): number => {
	const digits = /^(?<sign>[+\-])\s?(?<digits>\d+)$/v.exec(zone)?.groups;
	if (!digits) {
		return (zones[zone.toUpperCase()] ?? 0) * 60;
	}

	const number = Number(digits.digits!.padEnd(4, '0'));
	const minutes = (Math.floor(number / 100) * 60) + (number % 100);
	return (digits.sign === '-' ? -1 : 1) * (minutes > 24 * 60 ? 0 : minutes);
};

/** `Date` (RFC 5322 3.3 and 4.3) as milliseconds since 1970, or undefined where it says none that a store could keep (1601 to 9999). */
export const dateOf = (value: string): number | undefined => {
	const found = form.exec(value.slice(0, 500).replaceAll(/\([^\(\)]{0,200}\)/gv, ' ').trim())?.groups;
	if (!found) {
		return undefined;
	}

	const month = months.indexOf(found.month!.toLowerCase());
	const digits = Number(found.year);
	// Two digits below 50 are of this century, other short ones of the last (RFC 5322 4.3).
	const year = found.year!.length === 2 ? digits + (digits < 50 ? 2000 : 1900) : (found.year!.length === 3 ? digits + 1900 : digits);
	const half = found.half?.toLowerCase();
	const noon = half === undefined ? 0 : ((half === 'pm' ? 12 : 0) - (Number(found.hour) === 12 ? 12 : 0));
	const [day, hour, minute, second] = [found.day, Number(found.hour) + noon, found.minute, found.second ?? '0'].map(Number) as [number, number, number, number];
	if (month === -1 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 || year < 1601) {
		return undefined;
	}

	return Date.UTC(year, month, day, hour, minute, second) - (offsetOf(found.zone ?? '') * 60_000);
};

/** As Exchange writes it: always UTC, always `+0000`. */
export const dateText = (milliseconds: number): string => new Date(milliseconds).toUTCString().replace('GMT', '+0000');
