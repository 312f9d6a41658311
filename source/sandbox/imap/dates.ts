const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => value < 10 ? `0${value}` : String(value);

/** `date-time` of RFC 9051 for milliseconds since 1970 UTC, in a zone that many minutes east of UTC, without quotes. */
export const formatDateTime = (milliseconds: number, zoneMinutes = 0): string => {
	const date = new Date(milliseconds + (zoneMinutes * 60_000));
	const day = date.getUTCDate();
	const zone = Math.abs(zoneMinutes);
	return `${day < 10 ? ' ' : ''}${day}-${months[date.getUTCMonth()]!}-${String(date.getUTCFullYear()).padStart(4, '0')}`
		+ ` ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
		+ ` ${zoneMinutes < 0 ? '-' : '+'}${two(Math.trunc(zone / 60))}${two(zone % 60)}`;
};

/** Milliseconds since 1970 UTC for a `date-time`, or undefined. */
export const parseDateTime = (text: string): number | undefined => {
	const match = /^([ \d]?\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(text);
	const month = match ? months.findIndex(name => name.toLowerCase() === match[2]!.toLowerCase()) : -1;
	if (!match || month === -1) {
		return undefined;
	}

	const zone = ((Number(match[8]) * 60) + Number(match[9])) * (match[7] === '-' ? -1 : 1);
	return Date.UTC(Number(match[3]), month, Number(match[1]), Number(match[4]), Number(match[5]), Number(match[6])) - (zone * 60_000);
};

/** Start of the day of a `date` (`1-Feb-2020`) as milliseconds since 1970 UTC, or undefined. */
export const parseDate = (text: string): number | undefined => {
	const match = /^(\d{1,2}-[A-Za-z]{3}-\d{4})$/.exec(text);
	return match ? parseDateTime(`${match[1]!.padStart(11)} 00:00:00 +0000`) : undefined;
};
