const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** INTERNALDATE (RFC 9051 date-time) as milliseconds since 1970 UTC, or undefined where it is none. */
export const parseInternalDate = (text: string): number | undefined => {
	const match = /^ ?(?<day>\d{1,2})-(?<month>[A-Za-z]{3})-(?<year>\d{4}) (?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2}) (?<sign>[+\-])(?<zoneHour>\d{2})(?<zoneMinute>\d{2})$/v.exec(text.trim());
	if (!match?.groups) {
		return undefined;
	}

	const {day, month, year, hour, minute, second, sign, zoneHour, zoneMinute} = match.groups as Record<string, string>;
	const monthNumber = months.findIndex(name => name.toLowerCase() === month!.toLowerCase());
	if (monthNumber === -1 || Number(day) === 0) {
		return undefined;
	}

	const date = new Date(0);
	// Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
	date.setUTCFullYear(Number(year), monthNumber, Number(day));
	date.setUTCHours(Number(hour), Number(minute), Number(second));
	const zone = ((Number(zoneHour) * 60) + Number(zoneMinute)) * (sign === '-' ? -1 : 1);
	const time = date.getTime() - (zone * 60_000);
	return Number.isNaN(time) ? undefined : time;
};

/** The earliest and the latest instant that date-time can write: years have four digits. */
const earliest = -62_135_596_800_000;
const latest = 253_402_300_799_000;

/** The instant nearest to this one that date-time can write, in whole seconds. */
export const writableDate = (time: number): number => Number.isFinite(time) ? Math.min(latest, Math.max(earliest, Math.floor(time / 1000) * 1000)) : 0;

/** An instant (milliseconds since 1970) as date-time in UTC, for APPEND. The year must have four digits: see {@link writableDate}. */
export const formatInternalDate = (time: number): string => {
	const date = new Date(time);
	const two = (number: number): string => String(number).padStart(2, '0');
	return `${String(date.getUTCDate()).padStart(2, ' ')}-${months[date.getUTCMonth()]!}-${String(date.getUTCFullYear()).padStart(4, '0')} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
};
