import {type Leaf, leavesOf} from './mime-leaves.js';

/** Leaves that bear a name or are a message, in order. Never throws. */
export const attachmentsOf = (message: Uint8Array): Leaf[] => leavesOf(message).filter(({names, embedded}) => names.length > 0 || embedded);

/** The names of a message's attachments, sorted; a message without one goes by its media type. */
export const attachmentNamesOf = (message: Uint8Array): string[] => attachmentsOf(message).map(({names, type}) => names[0] ?? type).toSorted();
