-- The error of a message that the server refused to publish, if there was one. A script that serves many locks adds it as one
-- reply more.
local unpublished
