/* json.h - what JSON tools write and YAML does not know: one object behind another without a `---`, and characters
 * beyond 16 bits as two escapes. Anything that is not JSON is left as it is, in one piece. */
#ifndef MANIFEST_JSON_H
#define MANIFEST_JSON_H

/* The end of the piece that begins at `data`: behind its object when another one comes next, else `end`, where a NUL
 * stands. In the object `\ud83d\ude00` becomes `\U0001f600`, and what is behind its string keeps its place. */
char *json_piece(char *data, char *end);

#endif
