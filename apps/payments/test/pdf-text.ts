import { extractText } from 'unpdf';

/** What a reader of the PDF can select and copy. */
export async function textOfPdf(content: Buffer): Promise<string> {
  const { text } = await extractText(new Uint8Array(content), { mergePages: true });
  // Formats of money and numbers hold spaces that do not break.
  return text.replaceAll(/[\u00a0\u202f]/g, ' ');
}
