const reasonAfter = async (aborted: Promise<void>, signal: AbortSignal): Promise<never> => {
	await aborted;
	signal.throwIfAborted();
	throw new Error('stopped');
};

/** As the promise, or the signal's reason when it aborts first. */
export const orAborted = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> => {
	signal.throwIfAborted();
	let stop = (): void => undefined;
	const aborted = new Promise<void>(resolve => {
		stop = resolve;
	});
	signal.addEventListener('abort', stop, {once: true});
	try {
		return await Promise.race([promise, reasonAfter(aborted, signal)]);
	} finally {
		signal.removeEventListener('abort', stop);
	}
};
