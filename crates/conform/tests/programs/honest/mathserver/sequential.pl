use strict;
use warnings;
use IO::Socket::INET;

$SIG{PIPE} = "IGNORE";
my $port = shift // 8000;
my $listener = IO::Socket::INET->new(LocalPort => $port, Listen => 10, ReuseAddr => 1) or die "$@\n";
$0 = "mathserver on $port";
print "mathserver is listening on port $port\n";

sub examine {
    my $client = shift;
    foreach (1 .. 1 + int rand 8) {
        my ($first, $second) = (int rand 1000, int rand 1000);
        syswrite $client, "Q" . pack("NN", $first, $second);
        my $answer = "";
        while (length($answer) < 4) {
            sysread($client, $answer, 4 - length($answer), length($answer)) or return 0;
        }
        return 0 if unpack("N", $answer) != $first + $second;
    }
    syswrite $client, "S" . join("", map { ("a" .. "z")[rand 26] } 1 .. 8);
    return 1;
}

while (my $client = $listener->accept()) {
    print examine($client) ? "right\n" : "wrong\n";
    close $client;
}
