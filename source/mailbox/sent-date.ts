const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Zones by name (RFC 5322 4.3), in minutes east. Other names say nothing that two programs would agree on. */
const zones: Readonly<Record<string, number>> = {
	ut: 0, utc: 0, gmt: 0, z: 0, est: -300, edt: -240, cst: -360, cdt: -300, mst: -420, mdt: -360, pst: -480, pdt: -420,
};

/** Date-time in lower case, comments and runs of white space reduced to one blank. */
const dateTime = /^(?:[a-z]{3} ?, ?)?(?<day>\d\d?) (?<month>[a-z]{3}) (?<year>\d{2,4}) (?<hour>\d\d) ?: ?(?<minute>\d\d)(?: ?: ?(?<second>\d\d))? (?<zone>[+\-]\d{4}|[a-z]{1,3})$/v;

/** Comments become blanks (RFC 5322 3.2.2: they nest, and a backslash quotes). */
const withoutComments = (text: string): string => {
	let kept = '';
	let depth = 0;
	for (let at = 0; at < text.length; at++) {
		const character = text[at]!;
		if (character === '(') {
			depth++;
			kept += ' ';
		} else if (character === ')' && depth > 0) {
			depth--;
		} else if (character === '\\') {
			at++;
		} else if (depth === 0) {
			kept += character;
		}
	}

	return kept;
};

const minutesOf = (zone: string): number | undefined => {
	if (!/^[+\-]/v.test(zone)) {
		return zones[zone];
	}

	const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3))];
	const total = (hours * 60) + minutes;
	// No place on earth is further than 14 hours from UTC.
	return minutes > 59 || total > 840 ? undefined : (zone.startsWith('-') ? -total : total);
};

/** RFC 5322 4.3: two and three digits. */
const yearOf = (digits: string): number => {
	const year = Number(digits);
	if (digits.length === 2) {
		return year < 50 ? 2000 + year : 1900 + year;
	}

	return digits.length === 3 ? 1900 + year : year;
};

/**
A `Date` field (RFC 5322 3.3 and 4.3) as whole seconds since 1970 UTC; undefined where it is broken.

Strict on purpose: what two programs could read differently (no zone, an unknown one, another order, a day that
the month has not, a leap second) counts as broken, so that whoever stores the message sets the date himself.
*/
export const sentSeconds = (text: string): number | undefined => {
	const plain = withoutComments(text).slice(0, 200).replaceAll(/[ \t\r\n]+/gv, ' ').trim().toLowerCase();
	const match = dateTime.exec(plain);
	if (!match) {
		return undefined;
	}

	const {day, month, year, hour, minute, second = '0', zone} = match.groups as Record<string, string>;
	const date = new Date(0);
	const monthNumber = months.indexOf(month!);
	const [zoneMinutes, yearNumber] = [minutesOf(zone!), yearOf(year!)];
	if (monthNumber === -1 || zoneMinutes === undefined || yearNumber < 1900 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
		return undefined;
	}

	date.setUTCFullYear(yearNumber, monthNumber, Number(day));
	date.setUTCHours(Number(hour), Number(minute), Number(second));
	return date.getUTCMonth() === monthNumber && date.getUTCDate() === Number(day) ? (date.getTime() / 1000) - (zoneMinutes * 60) : undefined;
};
