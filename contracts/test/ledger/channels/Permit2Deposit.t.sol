// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IPermit2, Permit2Collector} from "../../../src/ledger/Permit2Collector.sol";
import {TestDollar} from "../../../src/ledger/TestDollar.sol";
import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {IDepositCollector} from "../../../src/ledger/interfaces/IDepositCollector.sol";
import {ChannelsTest} from "./ChannelsTest.sol";

/// @notice As much of Permit2 as a witness transfer needs: what is hashed, who signed, nonces used once.
contract Permit2Stand is IPermit2 {
    mapping(address owner => mapping(uint256 nonce => bool used)) public used;

    function typehash(string memory witnessTypeString) public pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,",
                bytes(witnessTypeString)
            )
        );
    }

    function digest(PermitTransferFrom memory p, address spender, bytes32 witness, string memory witnessTypeString)
        public
        view
        returns (bytes32)
    {
        bytes32 permissions = keccak256(
            abi.encode(
                keccak256("TokenPermissions(address token,uint256 amount)"), p.permitted.token, p.permitted.amount
            )
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256("Permit2"),
                block.chainid,
                address(this)
            )
        );
        bytes32 structHash =
            keccak256(abi.encode(typehash(witnessTypeString), permissions, spender, p.nonce, p.deadline, witness));
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function permitWitnessTransferFrom(
        PermitTransferFrom calldata p,
        SignatureTransferDetails calldata details,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external {
        require(block.timestamp <= p.deadline && details.requestedAmount <= p.permitted.amount, "permit");
        require(!used[owner][p.nonce], "nonce");
        used[owner][p.nonce] = true;
        bytes32 signed = digest(p, msg.sender, witness, witnessTypeString);
        require(ECDSA.recover(signed, signature) == owner, "signer");
        require(IERC20(p.permitted.token).transferFrom(owner, details.to, details.requestedAmount), "transfer");
    }
}

contract Permit2DepositTest is ChannelsTest {
    address internal constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    string internal constant WITNESS_TYPE_STRING =
        "DepositWitness witness)DepositWitness(bytes32 channelId)TokenPermissions(address token,uint256 amount)";

    Permit2Stand internal permit2 = Permit2Stand(PERMIT2);
    Permit2Collector internal byPermit2;
    TestDollar internal dollar;

    function setUp() public override {
        super.setUp();
        vm.etch(PERMIT2, address(new Permit2Stand()).code);
        byPermit2 = new Permit2Collector(CANONICAL);
        dollar = new TestDollar();
        dollar.mint(payer, 1000);
    }

    function dollarConfig() internal view returns (IChannels.ChannelConfig memory c) {
        c = config();
        c.token = address(dollar);
    }

    function collectorData(bytes32 id, uint256 nonce, bytes memory eip2612Data) internal view returns (bytes memory) {
        bytes32 witness = keccak256(abi.encode(keccak256("DepositWitness(bytes32 channelId)"), id));
        bytes32 digest = permit2.digest(
            IPermit2.PermitTransferFrom({
                permitted: IPermit2.TokenPermissions({token: address(dollar), amount: 1000}),
                nonce: nonce,
                deadline: block.timestamp
            }),
            address(byPermit2),
            witness,
            WITNESS_TYPE_STRING
        );
        return abi.encode(nonce, block.timestamp, sign(payerKey, digest), eip2612Data);
    }

    /// @notice Type hash as in the published x402 vectors ("DepositWitness (Permit2 deposits)").
    function test_typehash_isThePublishedOne() public view {
        assertEq(
            permit2.typehash(WITNESS_TYPE_STRING), 0x436a25c01a21a6ed025816c4c9ea3d6132aa879dd7ef16f6188dd3b0aebccc52
        );
    }

    function test_deposit_byPermit2IsGoodForOneChannelAndOnce() public {
        vm.prank(payer);
        dollar.approve(PERMIT2, type(uint256).max);
        bytes32 id = channels.getChannelId(dollarConfig());
        bytes memory data = collectorData(id, 3, "");

        IChannels.ChannelConfig memory other = dollarConfig();
        other.salt = bytes32(uint256(8));
        vm.expectRevert("signer");
        channels.deposit(other, 1000, address(byPermit2), data);
        channels.deposit(dollarConfig(), 1000, address(byPermit2), data);
        assertEq(balanceOf(id), 1000);
        vm.expectRevert("nonce");
        channels.deposit(dollarConfig(), 1000, address(byPermit2), data);
    }

    function test_deposit_byPermit2WithATokenPermitOnTheWay() public {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                payer,
                PERMIT2,
                uint256(1000),
                dollar.nonces(payer),
                block.timestamp
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(payerKey, keccak256(abi.encodePacked(hex"1901", dollar.DOMAIN_SEPARATOR(), structHash)));
        bytes32 id = channels.getChannelId(dollarConfig());
        bytes memory data = collectorData(id, 3, abi.encode(uint256(1000), block.timestamp, v, r, s));
        // Somebody uses the permit first: the deposit does not care.
        dollar.permit(payer, PERMIT2, 1000, block.timestamp, v, r, s);
        channels.deposit(dollarConfig(), 1000, address(byPermit2), data);
        assertEq(balanceOf(id), 1000);
    }

    function test_collector_obeysChannelsOnly() public {
        vm.expectRevert(IDepositCollector.OnlyX402BatchSettlement.selector);
        byPermit2.collect(payer, address(dollar), 1, bytes32(0), "");
        vm.expectRevert(IDepositCollector.InvalidX402BatchSettlementAddress.selector);
        new Permit2Collector(address(0));
    }
}
