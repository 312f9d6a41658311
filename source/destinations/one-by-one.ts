/** @returns what runs tasks one at a time, in the order in which they are given: two lanes must not make the same folder. One that fails does not hold up the next. */
export const oneByOne = (): (<T>(task: () => Promise<T>) => Promise<T>) => {
	let last: Promise<unknown> = Promise.resolve();
	return async task => {
		const before = last;
		const turn = (async () => {
			await before;
			return task();
		})();
		last = Promise.allSettled([turn]);
		return turn;
	};
};
