/** How importMime behaves, of which nothing is documented but that it makes no draft (reference 3.1); every unknown is an option. */
export type ImportManner = {
	/** It is in v1.0 too. False if absent. */
	v1?: boolean;
	/** It is nowhere. False if absent. */
	missing?: boolean;
	/** The received date becomes the time of the upload, or that of the topmost Received field (else Date). Upload if absent. */
	receivedDate?: 'upload' | 'received';
	/** The read state that an imported message has. False if absent. */
	isRead?: boolean;
	/** What it makes is a draft all the same. False if absent. */
	isDraft?: boolean;
	/** Bytes of a request's body; as for all others if absent. */
	requestBytes?: number;
	/** It works inside $batch. False if absent. */
	inBatch?: boolean;
};

/** Limits of the Outlook service for one app and one mailbox (reference 3.9). Windows slide. */
export type GraphBudget = {
	requests: number;
	/** Milliseconds that requests are counted for. */
	requestWindow: number;
	/** Requests that are open at once. */
	concurrent: number;
	/** Bytes of bodies sent (POST, PATCH, PUT). */
	bytes: number;
	byteWindow: number;
};

/** Changeable while the server runs. */
export type GraphManner = {
	readonly importMime?: ImportManner;
	/** What is not given is as documented. */
	budget?: Partial<GraphBudget>;
	/** What a 429 says in Retry-After: the seconds that are left, nothing, or always that text. Seconds if absent. */
	retryAfter?: 'seconds' | 'none' | `${number}`;
	/** Bytes of a request's body; 4 MiB if absent. */
	requestBytes?: number;
	/** How a larger one is refused. 413 if absent. */
	oversize?: 413 | 400;
	/** How long each request takes, on the clock. */
	milliseconds?: number;
	/** MIME create answers 200 without an item above so many bytes of MIME (reference 3.4). Never if absent. */
	losesMimeOver?: number;
	/** PATCH of 0x0E06 and 0x0039 changes dates of what is no draft. False if absent: ignored without a word. */
	patchesDates?: boolean;
	/** DELETE moves a message into Deleted Items, as in life, or does away with it. */
	deletes?: 'to-deleted-items' | 'for-good';
	/** PermanentDelete and importMime are missing as in national clouds. False if absent. */
	isNationalCloud?: boolean;
};

const mebibyte = 1_048_576;

export const graphDefaults = {
	requestBytes: 4 * mebibyte,
	/** The stricter reading of "150 MB". */
	budget: {
		requests: 10_000, requestWindow: 600_000, concurrent: 4, bytes: 150_000_000, byteWindow: 300_000,
	} satisfies GraphBudget,
	/** Of one attachment in a POST; seen, since its base64 and the rest fill 4 MiB. */
	attachmentBytes: 3_145_611,
	/** Smallest and largest of an upload session; the smallest was seen, documents say 3 MB. */
	sessionFrom: 2 * mebibyte,
	sessionTo: 150 * mebibyte,
	/** Of one PUT. */
	pieceBytes: 4 * mebibyte,
	page: 10,
	largestPage: 1000,
} as const;
