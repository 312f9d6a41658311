const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const pattern = /^\s*(?<day>\d{1,2})-(?<month>\w{3})-(?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) (?<sign>[+\-])(?<zoneHour>\d\d)(?<zoneMinute>\d\d)$/v;

/** An IMAP date-time (RFC 9051 9, `date-time`) as milliseconds since 1970 UTC. */
export const parseDateTime = (text: string): number => {
	const parts = pattern.exec(text)?.groups;
	const month = months.findIndex(name => name.toLowerCase() === parts?.month?.toLowerCase());
	if (!parts || month === -1) {
		throw new Error(`Not an IMAP date-time: ${text}`);
	}

	const number = (name: string): number => Number(parts[name]);
	const offset = ((number('zoneHour') * 60) + number('zoneMinute')) * (parts.sign === '-' ? -1 : 1);
	return Date.UTC(number('year'), month, number('day'), number('hour'), number('minute') - offset, number('second'));
};

/** Milliseconds since 1970 UTC as an IMAP date-time in UTC, quoted. */
export const formatDateTime = (instant: number): string => {
	const date = new Date(instant);
	const two = (value: number): string => String(value).padStart(2, '0');
	const day = String(date.getUTCDate()).padStart(2, ' ');
	const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(value => two(value)).join(':');
	return `"${day}-${months[date.getUTCMonth()]}-${String(date.getUTCFullYear()).padStart(4, '0')} ${time} +0000"`;
};
