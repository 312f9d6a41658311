import path from 'node:path';

/**
An absolute path: `~` at the start stands for the home directory, anything relative starts at `base`.
Undefined for `~name`, another user's home, which only a shell can find.
*/
export const resolvePath = (text: string, {home, base}: {readonly home: string; readonly base: string}): string | undefined => {
	if (text.startsWith('~')) {
		return /^~(?:$|[\/\\])/v.test(text) ? path.join(home, text.slice(1)) : undefined;
	}

	return path.resolve(base, text);
};
