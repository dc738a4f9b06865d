/**
 * The files of a drop, folders walked to their ends.
 */

/** What systems leave in folders; nobody means to bring it. */
const LITTER = /^(\.|Thumbs\.db$|desktop\.ini$)/i;

/**
 * Must be called within the drop event: the browser forgets the items right after it.
 * @param {DataTransfer} data
 * @returns {Promise<File[]>}
 */
export async function droppedFiles(data) {
  const items = [...data.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() }));
  const lists = await Promise.all(entries.map(({ entry, file }) => {
    if (entry?.isDirectory) return walked(/** @type {FileSystemDirectoryEntry} */ (entry));
    return file ? [file] : [];
  }));
  return lists.flat();
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<File[]>}
 */
async function walked(folder) {
  const lists = [];
  for (const entry of await entriesOf(folder)) {
    if (LITTER.test(entry.name)) continue;
    lists.push(entry.isDirectory
      ? await walked(/** @type {FileSystemDirectoryEntry} */ (entry))
      : [await fileOf(/** @type {FileSystemFileEntry} */ (entry))]);
  }
  return lists.flat();
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FileSystemEntry[]>}
 */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    // One call gives a hundred at most; an empty list is the end.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
