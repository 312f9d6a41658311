import {type Role} from './mailbox.js';

const list = (text: string): readonly string[] => text.split(',').map(name => name.trim());

/**
Names of special folders, likeliest first: WorkMail's and Exchange's, then those of Outlook, Gmail, Apple
Mail, Thunderbird and Roundcube in their languages. Compared without case, accents and hyphens.
*/
export const roleNames: Readonly<Record<Role, readonly string[]>> = {
	inbox: list(`
		INBOX, Posteingang, Boîte de réception, Bandeja de entrada, Posta in arrivo, Caixa de Entrada, A Receber, Postvak IN, Inkorgen, Indbakke, Innboks, 
		Saapuneet, Skrzynka odbiorcza, Doručená pošta, Beérkezett üzenetek, Входящие, Вхідні, Gelen Kutusu, Εισερχόμενα, 受信トレイ, 收件箱, 收件匣, 받은 편지함
	`),
	sent: list(`
		Sent Items, Sent, Sent Mail, Sent Messages, Sent Email, Gesendete Elemente, Gesendete Objekte, Gesendete Nachrichten, Gesendet, Éléments envoyés, 
		Messages envoyés, Envoyés, Elementos enviados, Mensajes enviados, Enviados, Posta inviata, Inviata, Inviati, Itens Enviados, Mensagens enviadas, 
		Verzonden items, Verzonden berichten, Verzonden, Skickat, Skickade objekt, Sendt post, Sendte elementer, Sendt, Lähetetyt, Elementy wysłane, Wysłane, 
		Odeslaná pošta, Odeslané, Odoslaná pošta, Elküldött elemek, Elküldött, Trimise, Отправленные, Надіслані, Изпратени, Gönderilmiş Öğeler, 
		Gönderilenler, Gönderilmiş Postalar, Απεσταλμένα, 送信済みアイテム, 送信済みメール, 送信済み, 已发送邮件, 已发送, 已傳送的郵件, 寄件備份, 보낸 편지함
	`),
	drafts: list(`
		Drafts, Draft, Entwürfe, Entwurf, Brouillons, Borradores, Borrador, Bozze, Rascunhos, Concepten, Utkast, Kladder, Kladde, Luonnokset, Wersje robocze, 
		Szkice, Robocze, Koncepty, Rozepsané, Rozpracované, Piszkozatok, Ciorne, Schiţe, Черновики, Чернетки, Чернови, Taslaklar, Πρόχειρα, 下書き, 草稿, 草稿箱, 
		임시 보관함
	`),
	trash: list(`
		Deleted Items, Trash, Deleted Messages, Deleted, Bin, Wastebasket, Gelöschte Elemente, Gelöschte Objekte, Gelöschte Nachrichten, Gelöscht, 
		Papierkorb, Éléments supprimés, Messages supprimés, Corbeille, Elementos eliminados, Eliminados, Papelera, Posta eliminata, Eliminati, Cestino, 
		Itens Excluídos, Itens Eliminados, Lixeira, Lixo, Verwijderde items, Verwijderd, Prullenbak, Borttaget, Borttagna objekt, Papperskorgen, Papperskorg, 
		Slettet post, Slettede elementer, Papirkurv, Søppelkurv, Slettet, Poistetut, Roskakori, Elementy usunięte, Kosz, Odstraněná pošta, Koš, 
		Odstránená pošta, Kôš, Törölt elemek, Kuka, Şterse, Coş de gunoi, Удаленные, Корзина, Видалені, Кошик, Изтрити, Silinmiş Öğeler, Çöp Kutusu, 
		Διαγραμμένα, Κάδος απορριμμάτων, 削除済みアイテム, ゴミ箱, ごみ箱, 已删除邮件, 已删除, 废纸篓, 刪除的郵件, 垃圾桶, 지운 편지함, 휴지통
	`),
	junk: list(`
		Junk E-Mail, Junk Email, Junk, Junk Mail, Spam, Bulk Mail, Junk-E-Mail-Ordner, Junk-E-Mail, Werbung, Spamverdacht, Courrier indésirable, 
		Indésirables, Pourriel, Correo no deseado, Correo electrónico no deseado, Posta indesiderata, Indesiderata, Lixo Eletrônico, Lixo Eletrónico, 
		E-mail de Lixo, Ongewenste e-mail, Ongewenste reclame, Skräppost, Uønsket e-mail, Uønsket mail, Uønsket e-post, Søppelpost, Roskaposti, 
		Wiadomości-śmieci, Niechciane, Nevyžádaná pošta, Nevyžiadaná pošta, Levélszemét, Mesaje nedorite, Нежелательная почта, Спам, Небажана пошта, 
		Нежелана поща, Önemsiz E-posta, Önemsiz Posta, Gereksiz, Ανεπιθύμητη αλληλογραφία, 迷惑メール, 垃圾邮件, 垃圾郵件, 정크 메일, 스팸
	`),
	archive: list(`
		Archive, Archives, Archiv, Archivo, Archivio, Arquivo Morto, Arquivo, Arquivo de Mensagens, Archief, Arkiv, Arkisto, Archiwum, Archív, Archívum, 
		Arhivă, Архив, Архів, Arşiv, Αρχειοθέτηση, アーカイブ, 存档, 归档, 封存, 보관, 보관함
	`),
};

/** Names under which Exchange and WorkMail keep what is not mail, in the same languages. */
export const notMailNames: readonly string[] = list(`
	Calendar, Kalender, Calendrier, Calendario, Calendário, Agenda, Kalenteri, Kalendarz, Kalendář, Kalendár, Naptár, Календарь, Календар, Takvim, 
	Ημερολόγιο, 予定表, 日历, 行事曆, 일정, Contacts, Kontakte, Contactos, Contatti, Contatos, Contactpersonen, Kontakter, Kontaktpersoner, Yhteystiedot, Kontakty, 
	Névjegyek, Persoane de contact, Контакты, Контакти, Kişiler, Επαφές, 連絡先, 联系人, 連絡人, 연락처, Suggested Contacts, Vorgeschlagene Kontakte, 
	Recipient Cache, Tasks, Aufgaben, Tâches, Tareas, Attività, Tarefas, Taken, Uppgifter, Opgaver, Oppgaver, Tehtävät, Zadania, Úkoly, Úlohy, Feladatok, 
	Activităţi, Задачи, Завдання, Görevler, Εργασίες, タスク, 仕事, 任务, 工作, 작업, Notes, Notizen, Notas, Note, Notities, Anteckningar, Noter, Notater, 
	Muistilaput, Muistiinpanot, Notatki, Poznámky, Feljegyzések, Заметки, Нотатки, Бележки, Notlar, Σημειώσεις, メモ, 便笺, 記事, 메모, Journal, Diario, Diário, 
	Logboek, Dagbok, Päiväkirja, Dziennik, Deník, Denník, Napló, Дневник, Журнал, Günlük, Ημερολόγιο συμβάντων, 履歴, 日记, 日誌, 업무 일지
`);
