/** Reads the data of server-sent events out of the text of a stream, as it comes in pieces. */
export class EventReader {
  /** Of a line that is not whole. */
  private pending = '';
  /** Lines of the event that is not whole. */
  private data: string[] = [];

  /** The data of the events that are whole with this piece, in order. */
  take(piece: string): readonly string[] {
    const text = this.pending + piece;
    // A CR at the end may be half of a line end.
    const end = text.endsWith('\r') ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    this.pending = (lines.pop() ?? '') + text.slice(end);
    return lines.flatMap((line) => this.read(line));
  }

  /** An event that the stream ended in the midst of, without its empty line. */
  end(): readonly string[] {
    return this.take('\n\n');
  }

  private read(line: string): readonly string[] {
    if (line.startsWith('data:')) this.data.push(line.slice(line[5] === ' ' ? 6 : 5));
    if (line !== '' || this.data.length === 0) return [];
    const event = this.data.join('\n');
    this.data = [];
    return [event];
  }
}
