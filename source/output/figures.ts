/** Figures for people. */

export const count = (number: number): string => number.toLocaleString('en-US');

/** One noun with its count: `1 message`, `2,000 messages`. */
export const plural = (number: number, noun: string): string => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

/** Bytes in decimal units with at most one decimal: `912 B`, `1.5 MB`. */
export const bytes = (number: number): string => {
	let value = number;
	for (const unit of ['B', 'KB', 'MB', 'GB']) {
		if (value < 999.95 || unit === 'GB') {
			return `${unit === 'B' || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${unit}`;
		}

		value /= 1000;
	}

	return `${value} TB`;
};

/** A length of time in at most two units: `8 s`, `12 min`, `2 h 51 m`, `3 d 4 h`. */
export const duration = (seconds: number): string => {
	const whole = Math.max(0, Math.round(seconds));
	if (whole < 60) {
		return `${whole} s`;
	}

	const minutes = Math.round(whole / 60);
	if (minutes < 60) {
		return whole < 600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${minutes} min`;
	}

	const hours = Math.floor(minutes / 60);
	return hours < 24 ? `${hours} h ${minutes % 60} m` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

export const rate = (perSecond: number): string => perSecond >= 10 ? count(Math.round(perSecond)) : perSecond.toFixed(1);

/** Pads to a width in code units; for words of ours only, never for names. */
export const left = (text: string, width: number): string => text.padStart(width);
