/** A folder that every mailbox has. */
export type DefaultFolder = {
	/** Its distinguished id; absent for those that have none. */
	readonly role?: string;
	readonly name: string;
	/** Absent as for folders that were made without one (lesson 14). */
	readonly folderClass?: string;
	/** Distinguished id of the folder above; `root` is above all. */
	readonly parent: string;
	/** Graph's name for it, where that is not the distinguished id. */
	readonly wellKnownName?: string;
	/** Graph shows it only when asked for hidden ones. */
	readonly isHidden?: boolean;
};

/** Below msgfolderroot and beside it, with the classes that no document lists (lesson 15); English names. */
export const defaultFolders: readonly DefaultFolder[] = [
	{role: 'msgfolderroot', name: 'Top of Information Store', parent: 'root'},
	{role: 'searchfolders', name: 'Finder', parent: 'root'},
	{role: 'recoverableitemsroot', name: 'Recoverable Items', parent: 'root'},
	{
		role: 'todosearch', name: 'To-Do Search', folderClass: 'Outlook.Reminder', parent: 'root',
	},
	{role: 'recoverableitemsdeletions', name: 'Deletions', parent: 'recoverableitemsroot'},
	{role: 'recoverableitemspurges', name: 'Purges', parent: 'recoverableitemsroot'},
	// One-click Archive has no distinguished id in EWS (reference 2.5).
	{
		name: 'Archive', folderClass: 'IPF.Note', parent: 'msgfolderroot', wellKnownName: 'archive',
	},
	{
		role: 'calendar', name: 'Calendar', folderClass: 'IPF.Appointment', parent: 'msgfolderroot',
	},
	{name: 'Birthdays', folderClass: 'IPF.Appointment.Birthday', parent: 'calendar'},
	{
		role: 'contacts', name: 'Contacts', folderClass: 'IPF.Contact', parent: 'msgfolderroot',
	},
	{name: 'Companies', folderClass: 'IPF.Contact.Company', parent: 'contacts'},
	{name: 'GAL Contacts', folderClass: 'IPF.Contact.GalContacts', parent: 'contacts'},
	{
		role: 'recipientcache', name: 'Recipient Cache', folderClass: 'IPF.Contact.RecipientCache', parent: 'contacts',
	},
	{
		role: 'quickcontacts', name: '{06967759-274D-40B2-A3EB-D7F9E73727D7}', folderClass: 'IPF.Contact.MOC.QuickContacts', parent: 'contacts',
	},
	{name: 'Conversation Action Settings', folderClass: 'IPF.Configuration', parent: 'msgfolderroot'},
	{
		role: 'conversationhistory', name: 'Conversation History', folderClass: 'IPF.Note', parent: 'msgfolderroot',
	},
	{
		role: 'deleteditems', name: 'Deleted Items', folderClass: 'IPF.Note', parent: 'msgfolderroot',
	},
	{
		role: 'drafts', name: 'Drafts', folderClass: 'IPF.Note', parent: 'msgfolderroot',
	},
	{name: 'ExternalContacts', folderClass: 'IPF.Contact', parent: 'msgfolderroot'},
	{
		role: 'inbox', name: 'Inbox', folderClass: 'IPF.Note', parent: 'msgfolderroot',
	},
	{
		role: 'journal', name: 'Journal', folderClass: 'IPF.Journal', parent: 'msgfolderroot',
	},
	{
		role: 'junkemail', name: 'Junk Email', folderClass: 'IPF.Note', parent: 'msgfolderroot',
	},
	{
		role: 'notes', name: 'Notes', folderClass: 'IPF.StickyNote', parent: 'msgfolderroot',
	},
	{
		role: 'outbox', name: 'Outbox', folderClass: 'IPF.Note', parent: 'msgfolderroot',
	},
	{
		role: 'sentitems', name: 'Sent Items', folderClass: 'IPF.Note', parent: 'msgfolderroot',
	},
	{name: 'SmsAndChatsSync', folderClass: 'IPF.SmsAndChatsSync', parent: 'msgfolderroot'},
	{
		role: 'syncissues', name: 'Sync Issues', folderClass: 'IPF.Note', parent: 'msgfolderroot', isHidden: true,
	},
	{
		role: 'conflicts', name: 'Conflicts', folderClass: 'IPF.Note', parent: 'syncissues',
	},
	{
		role: 'localfailures', name: 'Local Failures', folderClass: 'IPF.Note', parent: 'syncissues',
	},
	{
		role: 'serverfailures', name: 'Server Failures', folderClass: 'IPF.Note', parent: 'syncissues',
	},
	{
		role: 'tasks', name: 'Tasks', folderClass: 'IPF.Task', parent: 'msgfolderroot',
	},
];
