/** How EWS and Graph name an extended property; values as they came. */
export type PropertyName = {
	readonly tag?: string;
	readonly set?: string;
	readonly distinguishedSet?: string;
	readonly name?: string;
	readonly id?: string;
	readonly type: string;
};

const hex = (value: string): number => Number(value.trim());

/** Property sets by the name that EWS gives them (MS-OXPROPS 1.3.2). */
const sets: Readonly<Record<string, string>> = {
	/* eslint-disable @typescript-eslint/naming-convention -- names that EWS gives */
	Meeting: '6ed8da90-450b-101b-98da-00aa003f1305',
	Appointment: '00062002-0000-0000-c000-000000000046',
	Common: '00062008-0000-0000-c000-000000000046',
	PublicStrings: '00020329-0000-0000-c000-000000000046',
	Address: '00062004-0000-0000-c000-000000000046',
	InternetHeaders: '00020386-0000-0000-c000-000000000046',
	CalendarAssistant: '11000e07-b51b-40d6-af21-caa85edab1d0',
	UnifiedMessaging: '4442858e-a9e3-4e80-b900-317a210cc15b',
	Task: '00062003-0000-0000-c000-000000000046',
	Sharing: '00062040-0000-0000-c000-000000000046',
	/* eslint-enable @typescript-eslint/naming-convention */
};

/**
One text for each property: `0x0e07` for a tag, `<set>/<name>` or `<set>/0x8570` for a named one. Undefined where the name is
none: a tag of the named range, a tag along with a set, neither name nor id.
*/
export const propertyKey = ({tag, set, distinguishedSet, name, id}: PropertyName): string | undefined => {
	if (tag !== undefined) {
		const number = hex(tag);
		const valid = Number.isInteger(number) && number > 0 && number < 0x80_00;
		return valid && [set, distinguishedSet, name, id].every(other => other === undefined) ? `0x${number.toString(16).padStart(4, '0')}` : undefined;
	}

	const guid = distinguishedSet === undefined ? set?.toLowerCase() : sets[distinguishedSet];
	if (guid === undefined || (set !== undefined && distinguishedSet !== undefined) || (name === undefined) === (id === undefined)) {
		return undefined;
	}

	return `${guid}/${name ?? `0x${hex(id!).toString(16)}`}`;
};

const dateTime = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+\-]\d{2}:\d{2})?$/v;

/** Milliseconds of an xs:dateTime, taken as UTC where it names no zone; undefined where it is none. */
export const parseDateTime = (text: string): number | undefined => {
	if (!dateTime.test(text)) {
		return undefined;
	}

	const time = Date.parse(/(?:Z|[+\-]\d{2}:\d{2})$/v.test(text) ? text : `${text}Z`);
	return Number.isNaN(time) ? undefined : time;
};

/** UTC with `Z` and without fractions (lesson 26). */
export const dateText = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;

/** 1601, where the count of a FILETIME begins (MS-DTYP 2.3.3). */
const earliest = -11_644_473_600_000;

/** A value as the store keeps it; undefined where it is none of that type. */
export const storedValue = (type: string, text: string): string | undefined => {
	switch (type) {
		case 'Integer':
		case 'Short':
		case 'Long': {
			const limit = type === 'Short' ? 32_768 : (type === 'Integer' ? 2_147_483_648 : Number.MAX_SAFE_INTEGER);
			const number = Number(text);
			return /^\s*[+\-]?\d+\s*$/v.test(text) && Math.abs(number) <= limit ? String(number) : undefined;
		}

		case 'SystemTime': {
			const time = parseDateTime(text.trim());
			return time === undefined || time < earliest ? undefined : dateText(time);
		}

		case 'Boolean': {
			return /^(?:true|false|0|1)$/v.test(text.trim()) ? String(/true|1/v.test(text)) : undefined;
		}

		default: {
			return text;
		}
	}
};
